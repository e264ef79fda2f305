"""Images that a network dates well and badly, and where it looks."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from skimage.filters import gaussian

from deepgalaxy.evaluation.examples import KINDS
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.dated import date_images, draw_dates
from deepgalaxy.figures.style import BLUE, ORANGE, PURPLE, save_figure, say_myr
from deepgalaxy.figures.tiles import name_ratios

OUTLINED = 0.4
"""Of the largest attribution in an image: what is above is outlined."""


def plot_examples(
    examples: str | Path, predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, output: str | Path
) -> None:
    """Draw the images of a file that ``explain_examples`` wrote, two rows for each kind: the images, with the pixels
    outlined that speak most for (orange) and against (purple, dotted) the class that is named, and their distributions
    over time.

    ``predictions`` are those of all test images. Above an image stands its true time, or its true class if that has no
    time; below it the expected one, or the class that it is given if that has no time. Attributions are smoothed by a
    fiftieth of the image's width.
    """
    with h5py.File(examples) as file:
        kinds = file["kind"].asstr()[:]
        images, attributions = file["brightness"][:], file["attributions"][:]
        rows = file["row"][:]
    place = {row: number for number, row in enumerate(predictions.row)}
    dates = date_images(predictions.where(np.array([place[row] for row in rows], int)), classes)
    names = classes["name"].to_numpy()
    across = max(np.sum(kinds == kind) for kind in KINDS)
    figure, axes = plt.subplots(
        *(2 * len(KINDS), across),
        figsize=(1.9 * across, 3.5 * len(KINDS)),
        dpi=110,
        layout="constrained",
        squeeze=False,
        height_ratios=[2, 1] * len(KINDS),
    )
    for number, kind in enumerate(KINDS):
        top, bottom = axes[2 * number], axes[2 * number + 1]
        top[0].set_ylabel(kind, fontsize=11)
        shown = np.flatnonzero(kinds == kind)
        for above, below, which in zip(top, bottom, shown):
            view, true = split.loc[rows[which]], dates.target_myr[which]
            truth = say_myr(true) if np.isfinite(true) else names[view["label"]]
            above.set_title(f"{name_ratios(view['group'])}\n{truth}", fontsize=8)
            above.imshow(images[which], cmap="gray", vmin=0, vmax=1)
            _outline(above, attributions[which])
            draw_dates(below, dates, int(which))
            below.set_title(dates.said[which], fontsize=9, color=BLUE, pad=3)
        for panel in bottom[len(shown) :]:
            panel.axis("off")
    for panel in axes[::2].flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    figure.supxlabel(f"time since the {dates.counts_from} (Myr)", fontsize=10)
    save_figure(figure, output)


def _outline(axes: plt.Axes, attributions: np.ndarray) -> None:
    """Outline the pixels (pixels, pixels) with the largest attributions for and against a class."""
    smooth = gaussian(attributions, len(attributions) / 50)
    limit = OUTLINED * np.abs(smooth).max()
    for signed, colour, line in ((smooth, ORANGE, "-"), (-smooth, PURPLE, ":")):
        if signed.max() > limit > 0:
            axes.contour(signed, [limit], colors=[colour], linewidths=1.2, linestyles=line)
