"""How much worse disturbed images are dated than upright ones."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import LogFormatter

from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure
from deepgalaxy.figures.words import PERTURBATIONS

COLUMNS = 3
NEUTRAL = {"turn": 0, "scale": 1, "scale told": 1, "shift": 0, "blur": 0, "noise": 0, "gain": 1}
"""Amounts at which an image is upright; another galaxy or a star is there or not."""
LOGARITHMIC = {"noise", "star"}


def plot_robustness(table: pd.DataFrame, output: str | Path) -> None:
    """Draw a table of ``tabulate_robustness``: one panel for each perturbation, the median error against the amount,
    with the interval of its ratio to the upright images, whose median error is a dashed line."""
    upright = table[table["perturbation"] == "upright"].iloc[0]
    names = list(dict.fromkeys(table["perturbation"].drop(upright.name)))
    rows = -(-len(names) // COLUMNS)
    figure, axes = plt.subplots(
        rows, COLUMNS, figsize=(12, 2.9 * rows), sharey=True, squeeze=False, layout="constrained"
    )
    for panel, name in zip(axes.flat, names):
        chosen = table[table["perturbation"] == name]
        title, amount = PERTURBATIONS[name]
        if name in NEUTRAL and name not in LOGARITHMIC:
            origin = {"value": NEUTRAL[name], "median_error_myr": upright["median_error_myr"]}
            chosen = pd.concat([chosen, pd.DataFrame([origin | dict.fromkeys(("ratio_low", "ratio_high"), 1.0)])])
            chosen = chosen.sort_values("value")
        level = upright["median_error_myr"]
        band = (level * chosen["ratio_low"].astype(float), level * chosen["ratio_high"].astype(float))
        panel.fill_between(chosen["value"], *band, color=BLUE, alpha=0.2, lw=0)
        panel.plot(chosen["value"], chosen["median_error_myr"], "o-", color=BLUE, ms=4)
        panel.axhline(level, ls="--", color=ORANGE)
        panel.set(title=title, xlabel=amount, xscale="log" if name in LOGARITHMIC else "linear")
        panel.xaxis.set_major_formatter("{x:g}")
        panel.grid(color=GREY, alpha=0.2)
    for panel in axes.flat[len(names) :]:
        panel.set_visible(False)
    axes[0, 0].set_yscale("log")  # of all: some perturbations cost tenfold what others do
    axes[0, 0].yaxis.set_major_formatter("{x:g}")
    axes[0, 0].yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    for row in axes:
        row[0].set_ylabel("median error (Myr)")
    save_figure(figure, output)
