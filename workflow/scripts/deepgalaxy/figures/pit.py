"""Where in the predicted distributions the true times lie."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.evaluation.calibration import MIDDLE_68, share_between
from deepgalaxy.evaluation.predictions import Predictions, time_origin
from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure

PARTS = 20
"""Bars of the histogram, each for as much of the probability."""


def plot_pit(predictions: Predictions, classes: pd.DataFrame, output: str | Path) -> None:
    """Draw the histogram of the probability integral transform (``share_between``) of the test images that have a time.

    It is flat if the probabilities are calibrated, U-shaped if they are too certain, and hump-shaped if they are not
    certain enough. The middle 68 % are marked, with the share of the images that lies there.
    """
    dated = predictions.where(predictions.timed)
    levels = np.linspace(0, 1, PARTS + 1)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    shares = share_between(dated, classes, levels)
    axes.bar(levels[:-1], shares, 1 / PARTS, align="edge", color=BLUE, ec="white")
    axes.set_ylim(0, 1.3 * max(shares.max(), 1 / PARTS))  # with room for the legend
    axes.axhline(1 / PARTS, ls="--", color=ORANGE, label="calibrated")
    covered = share_between(dated, classes, MIDDLE_68)[0]
    axes.axvspan(
        *MIDDLE_68, color=GREY, alpha=0.15, zorder=0, label=f"middle 68 %: {100 * covered:.0f} % of the images"
    )
    since = f"true time since the {time_origin(classes)}"
    axes.set(xlabel=f"level of the {since}\nin the predicted distribution", ylabel="share of the images", xlim=(0, 1))
    axes.legend(loc="upper center")
    save_figure(figure, output)
