"""How many intervals hold the true time, by phase and by simulation."""

import math
import textwrap
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, ORANGE, save_figure
from deepgalaxy.figures.words import name_group

PANELS = {"all": "images", "phase": "passages so far", "group": "simulation, the worst first"}
COLOURS = {68: BLUE, 90: ORANGE}
MOST_NAMES = 48
"""Simulations that can be named side by side; where there are more, each second, third or so is."""


def plot_intervals(table: pd.DataFrame, output: str | Path) -> None:
    """Draw the coverage of the intervals of a table of ``tabulate_intervals``: of all images, by phase, by simulation.

    Open points are of intervals as the network gives them, filled ones of those calibrated on other simulations, with
    their 95 % limits where several simulations show any; dashed lines are what they are to cover. A panel without rows
    is left out.
    """
    groupings = [name for name in PANELS if (table["grouping"] == name).any()]
    counts = table["grouping"].value_counts()
    widths = [max(3.0, counts[name], counts.sum() / 12) for name in groupings]
    figure, panels = plt.subplots(
        1, len(groupings), figsize=(12, 4.2), sharey=True, squeeze=False, layout="constrained", width_ratios=widths
    )
    for axes, grouping, width in zip(panels[0], groupings, widths):
        rows = table[table["grouping"] == grouping]
        if grouping == "phase":
            rows = rows.sort_values("value", key=pd.to_numeric)
        for percent, colour in COLOURS.items():
            axes.axhline(percent / 100, ls="--", lw=1, color=colour, zorder=0)
            _plot_coverage(axes, rows, percent, colour)
        every = math.ceil(len(rows) * sum(widths) / width / MOST_NAMES)
        values = rows["value"][::every].map(name_group if grouping == "group" else str)
        axes.set_xticks(range(len(rows))[::every], values, rotation=90 if values.str.len().max() > 3 else 0, fontsize=8)
        axes.set(xlabel=PANELS[grouping], xlim=(-0.6, len(rows) - 0.4), ylim=(-0.02, 1.02))
    panels[0, 0].set_ylabel("share of the images whose interval\nholds the true time")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    title = f"Conformal intervals of the time since the {table['counts_from'].iloc[0]}: {table['intervals'].iloc[0]}"
    figure.suptitle(textwrap.fill(title, 130), fontsize=10)
    save_figure(figure, output)


def _plot_coverage(axes: plt.Axes, rows: pd.DataFrame, percent: int, colour: str) -> None:
    """Draw the coverage of the rows of one panel, for intervals that are to hold so many per cent."""
    places = pd.Series(range(len(rows)), rows.index) + (0.12 if percent > 68 else -0.12)
    raw, calibrated = rows[f"coverage_{percent}"], rows[f"conformal_coverage_{percent}"]
    axes.plot(places, raw, "o", mfc="none", mec=colour, ms=5, label=f"{percent} %, as the network gives them")
    if calibrated.notna().any():
        low, high = (rows[f"conformal_coverage_{percent}_{limit}"].astype(float) for limit in ("low", "high"))
        axes.vlines(places, low, high, color=colour, lw=1.2)
        axes.plot(places, calibrated, "o", color=colour, ms=5, label=f"{percent} %, conformal")
