"""What the error of a dated image depends on."""

import math
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure
from deepgalaxy.figures.words import name_group

MOST_CLASSES = 24
"""Classes that are drawn; with more, their names could not be read."""

MOST_NAMES = 64
"""Values that can be named side by side over the whole width; where there are more, each second, third or so is."""

NAMES = {
    "class": "class",
    "phase": "passages\nso far",
    "group": "simulation",
    "camera": "camera",
    "size_ratio": "size ratio",
    "mass_ratio": "mass ratio",
}


def plot_errors(errors: pd.DataFrame, output: str | Path) -> None:
    """Draw median, 68 % range and accuracy by each grouping of a table of ``deepgalaxy.evaluation.error_breakdown``.

    Areas of the points show numbers of images, dashes the median error of an answer that is right about the class and
    knows no more. Classes are left out if there are more than MOST_CLASSES.
    """
    counts = errors["grouping"].value_counts()
    groupings = [name for name in NAMES if name in counts and (name != "class" or counts[name] <= MOST_CLASSES)]
    narrowest = max(3, counts[groupings].sum() / 15)  # has room for its label
    widths = [max(narrowest, counts[name]) for name in groupings]
    figure, axes = plt.subplots(
        2,
        len(groupings),
        figsize=(12, 4.6),
        sharex="col",
        sharey="row",
        squeeze=False,
        layout="constrained",
        gridspec_kw={"width_ratios": widths, "height_ratios": (3, 2)},
    )
    for (top, bottom), grouping, width in zip(axes.T, groupings, widths):
        rows = errors[errors["grouping"] == grouping]
        places = range(len(rows))
        median = rows["median_error_myr"]
        spread = (median - rows["error_16_myr"], rows["error_84_myr"] - median)
        top.errorbar(places, median, spread, fmt="none", color=GREY, lw=1)
        top.scatter(places, median, s=60 * rows["images"] / rows["images"].max(), color=BLUE, zorder=3)
        top.scatter(places, rows["median_error_floor_myr"], marker="_", s=80, color=ORANGE, zorder=4)
        bottom.bar(places, rows["accuracy"], color=BLUE)
        every = math.ceil(len(rows) * sum(widths) / width / MOST_NAMES)
        values = rows["value"][::every].map(name_group if grouping == "group" else str)
        bottom.set_xticks(places[::every], values, rotation=90 if values.str.len().max() > 2 else 0)
        bottom.set_xlabel(NAMES[grouping])
        for panel in (top, bottom):
            panel.tick_params(labelsize=8)
    axes[0, 0].set(ylabel="error (Myr): median, 68 %", ylim=(0, None))
    figure.suptitle(f"errors of the time since the {errors['counts_from'].iloc[0]}", fontsize=10)
    axes[1, 0].set(ylabel="accuracy", ylim=(0, 1))
    save_figure(figure, output)
