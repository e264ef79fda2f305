"""What the error of a dated image depends on."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure

MOST_CLASSES = 24
"""Classes that are drawn; with more, their names could not be read."""

NAMES = {
    "class": "class",
    "phase": "pericentric\npassages so far",
    "group": "simulation",
    "camera": "camera",
    "size_ratio": "size ratio",
    "mass_ratio": "mass ratio",
}


def plot_errors(errors: pd.DataFrame, output: str | Path) -> None:
    """Draw median, 68 % range and accuracy by each grouping of a table of ``deepgalaxy.evaluation.error_breakdown``.

    Areas of the points show numbers of images, dashes the median error of an answer that
    is right about the class and knows no more. Classes are left out if there are more than MOST_CLASSES.
    """
    counts = errors["grouping"].value_counts()
    groupings = [name for name in NAMES if name in counts and (name != "class" or counts[name] <= MOST_CLASSES)]
    widths = [max(3, counts[name]) for name in groupings]
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
    for (top, bottom), grouping in zip(axes.T, groupings):
        rows = errors[errors["grouping"] == grouping]
        places = range(len(rows))
        median = rows["median_error_myr"]
        spread = (median - rows["error_16_myr"], rows["error_84_myr"] - median)
        top.errorbar(places, median, spread, fmt="none", color=GREY, lw=1)
        top.scatter(places, median, s=60 * rows["images"] / rows["images"].max(), color=BLUE, zorder=3)
        top.scatter(places, rows["median_error_floor_myr"], marker="_", s=80, color=ORANGE, zorder=4)
        bottom.bar(places, rows["accuracy"], color=ORANGE)
        upright = grouping not in ("class", "group")
        bottom.set_xticks(places, rows["value"], rotation=0 if upright else 60, ha="center" if upright else "right")
        bottom.set_xlabel(NAMES[grouping])
        for panel in (top, bottom):
            panel.tick_params(labelsize=8)
    axes[0, 0].set(ylabel="error (Myr): median, 68 %", ylim=(0, None))
    figure.suptitle(f"errors of the time since the {errors['counts_from'].iloc[0]}", fontsize=10)
    axes[1, 0].set(ylabel="accuracy", ylim=(0, 1))
    save_figure(figure, output)
