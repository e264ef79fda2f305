"""What there is, what was selected, and how it was split."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.figures.style import BLUE, GREEN, ORANGE, save_figure
from deepgalaxy.figures.words import name_group
from deepgalaxy.sample.split import SPLITS

COLOURS = dict(zip(SPLITS, (BLUE, GREEN, ORANGE)))
NOT_USED, DAMAGED = "#DDDDDD", "#000000"


def plot_sample(catalogue: pd.DataFrame, split: pd.DataFrame, output: str | Path) -> None:
    """Draw each camera of each group in the colour of its split, and the number of images over time.

    A camera whose images are in several splits has a mixed colour; what is in the dataset but not selected, without a
    class or in no split is grey, what is damaged black.
    """
    groups = catalogue["group"].unique()
    cells = np.ones((len(groups), CAMERA_COUNT, 3))
    for row in catalogue.itertuples():
        cells[np.flatnonzero(groups == row.group), row.camera] = to_rgb(DAMAGED if row.damaged else NOT_USED)
    shares = pd.crosstab([split["group"], split["camera"]], split["split"], normalize="index")
    for (group, camera), share in shares.iterrows():
        cells[np.flatnonzero(groups == group), camera] = sum(
            share.get(name, 0) * np.array(to_rgb(colour)) for name, colour in COLOURS.items()
        )
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 1.5 + 0.17 * len(groups)), layout="constrained")
    left.imshow(cells, aspect="auto", interpolation="nearest")
    left.set_yticks(range(len(groups)), map(name_group, groups), fontsize=7)
    left.set_xticks(range(CAMERA_COUNT))
    left.set(xlabel="camera", title="what was selected, and for what")

    counts = pd.crosstab(split["t_myr"], split["split"]).reindex(columns=SPLITS, fill_value=0)
    width = np.diff(counts.index).min() if len(counts) > 1 else 1
    bottom = np.zeros(len(counts))
    for name in SPLITS:
        right.bar(counts.index, counts[name], width, bottom, color=COLOURS[name])
        bottom += counts[name].to_numpy()
    right.set(xlabel="time since the start of the simulation (Myr)", ylabel="images", title=f"{len(split)} images")
    legend = [Patch(color=colour, label=name) for name, colour in COLOURS.items()]
    legend.append(Patch(color=NOT_USED, label="not used"))
    if catalogue["damaged"].any():
        legend.append(Patch(color=DAMAGED, label="damaged"))
    figure.legend(handles=legend, loc="outside lower center", ncols=len(legend), frameon=False)
    save_figure(figure, output)
