"""The statistics of morphology over time."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure

AXIS_LABELS = {
    "gini": "Gini coefficient",
    "m20": "$M_{20}$",
    "concentration": "concentration",
    "asymmetry": "asymmetry",
    "separation": "nuclear separation\n(image widths)",
}


def plot_morphology(
    morphology: pd.DataFrame, split: pd.DataFrame, pericentres_myr: Mapping[str, np.ndarray], output: str | Path
) -> None:
    """Draw each statistic of mergers against time: median and middle 68 % of all images, and the median of each merger.

    ``morphology`` is the table of ``measure_morphology``; ``pericentres_myr`` has the times of the pericentric passages
    of each simulation for which they are known.
    """
    images = morphology.join(split[["group", "t_myr", "isolated"]], on="row")
    images = images[~images["isolated"]]
    over_time = images.groupby("t_myr")[list(STATISTICS)]
    low, middle, high = (over_time.quantile(share) for share in (0.16, 0.5, 0.84))
    passages_myr = np.concatenate([[], *pericentres_myr.values()])
    figure, grid = plt.subplots(2, 3, figsize=(12, 6), layout="constrained")
    *panels, legend = grid.flat
    for axes, name in zip(panels, STATISTICS):
        for _, simulation in images.groupby("group"):
            (one,) = axes.plot(simulation.groupby("t_myr")[name].median(), color=GREY, lw=0.5)
        band = axes.fill_between(low.index, low[name], high[name], color=BLUE, alpha=0.3, lw=0)
        (median,) = axes.plot(middle[name], color=BLUE)
        passages = axes.vlines(passages_myr, 0, 0.04, transform=axes.get_xaxis_transform(), color=ORANGE, lw=1)
        axes.set(xlabel="time since the start of the simulation (Myr)", ylabel=AXIS_LABELS[name])
    entries = {"median of all images": median, "68 % of images": band, "median of each simulation": one}
    if len(passages_myr):
        entries["pericentric passages of all simulations"] = passages
    legend.legend(entries.values(), entries.keys(), loc="center", frameon=False)
    legend.axis("off")
    save_figure(figure, output)
