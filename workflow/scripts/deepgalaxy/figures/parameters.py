"""Which mergers there are: ratios, orbits and spins of the simulations, by split."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.dataset.layout import describe_group, recorded_numbers
from deepgalaxy.figures.style import BLUE, GREEN, ORANGE, save_figure
from deepgalaxy.sample.split import SPLITS

MARKS = dict(zip(SPLITS, ((BLUE, "o"), (GREEN, "^"), (ORANGE, "s"))))
NAMES = {
    "mass_ratio": "mass ratio",
    "size_ratio": "size ratio",
    "pericentre_kpc": "pericentre (kpc)",
    "eccentricity": "eccentricity",
    "primary_inclination_deg": "inclination of the primary (°)",
    "companion_inclination_deg": "inclination of the companion (°)",
}
"""What is drawn, two against each other, and how each is called."""


def read_parameters(subset: str | Path, split: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each merger of a split table: its ``group``, each of NAMES, NaN where it is not recorded, and
    its ``split``; one that is in several splits has a row for each."""
    found = split.loc[~split["isolated"], ["group", "split"]].drop_duplicates()
    rows = []
    with h5py.File(subset) as file:
        for group in found["group"].unique():
            about = describe_group(file, group)
            recorded = {name: recorded_numbers(file[group], name) for name in NAMES}
            one = {name: values[0] if len(values) else about.get(name, np.nan) for name, values in recorded.items()}
            rows.append(one | {"group": group})
    return found.merge(pd.DataFrame(rows, columns=["group", *NAMES]), on="group")


def plot_parameters(subset: str | Path, split: pd.DataFrame, output: str | Path) -> None:
    """Draw the parameters of the selected mergers against each other, in colour and mark of their split.

    ``subset`` is the file of the selected images. A panel without a merger of which both are recorded is left out, but
    the first.
    """
    mergers = read_parameters(subset, split)
    names = list(NAMES)
    pairs = [pair for pair in zip(names[::2], names[1::2]) if mergers[list(pair)].notna().all(axis=1).any()]
    pairs = pairs or [(names[0], names[1])]
    figure, panels = plt.subplots(1, len(pairs), figsize=(4 * len(pairs), 3.8), layout="constrained", squeeze=False)
    for axes, (across, up) in zip(panels[0], pairs):
        for name, (colour, mark) in MARKS.items():
            some = mergers[mergers["split"] == name]
            label = f"{name}: {some['group'].nunique()} mergers"
            axes.plot(some[across], some[up], mark, color=colour, ms=7, mec="white", label=label)
        axes.set(xlabel=NAMES[across], ylabel=NAMES[up])
        axes.grid(alpha=0.2)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    save_figure(figure, output)
