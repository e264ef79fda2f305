"""How far apart in time similar images are, by rank and by phase of the merger."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.encoder.retrieval import LINES, SIMULATIONS, WITHIN_MYR
from deepgalaxy.figures.style import save_figure
from deepgalaxy.figures.words import in_words
from deepgalaxy.observed.similar import NEAREST

COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#D55E00", "#CC79A7", "#777777", "black", "#F0E442")
"""Okabe & Ito's, for the spaces in the order of the table."""


def plot_retrieval(searches: str | Path, split: pd.DataFrame, table: pd.DataFrame, output: str | Path) -> None:
    """Draw the median difference in time between test images and their nearest training images of other mergers, by
    rank, and of other mergers and lines of sight; and the share of the latter within WITHIN_MYR by phase, with 95 %
    intervals over simulations.

    ``searches`` is the file of the places of these, and ``table`` that of ``tabulate_retrieval``.
    """
    t_myr = split["target_myr"].to_numpy(float)
    spaces = list(dict.fromkeys(table["space"]))
    colours = {space: COLOURS[number % len(COLOURS)] for number, space in enumerate(spaces)}
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(12.5, 4.2), dpi=100, layout="constrained", width_ratios=[1, 1, 1.3]
    )
    with h5py.File(searches) as file:
        for axes, kind in ((left, SIMULATIONS), (middle, LINES)):
            for space in spaces:
                if f"found/{space}/{kind}" not in file:  # too few images
                    continue
                median = median_by_rank(file, space, kind, t_myr)
                axes.plot(
                    np.arange(1, len(median) + 1), median, "o-", ms=3, color=colours[space], label=in_words(space)
                )
            axes.set_title(f"training images of\n{kind}", fontsize=10)
            axes.set_xlabel("rank of the similar image")
    left.set_ylabel("median difference in time (Myr)")
    middle.sharey(left)
    left.set_ylim(bottom=0)
    _draw_phases(right, table, colours)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(spaces), frameon=False)
    save_figure(figure, output)


def median_by_rank(file: h5py.File, space: str, kind: str, t_myr: np.ndarray) -> np.ndarray:
    """Return the median over the queries of the difference in time from the similar image of each rank, (k,) in Myr.

    ``t_myr`` are the times of the rows of the split table; ``kind`` is one of SIMULATIONS and LINES.
    """
    found = file[f"found/{space}/{kind}"][:]
    gallery_myr, query_myr = (t_myr[file[name][:]] for name in ("gallery_row", "query_row"))
    return np.median(np.abs(gallery_myr[found] - query_myr[:, None]), axis=0)


def _draw_phases(axes: plt.Axes, table: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the share of right similar images of other mergers and lines of sight in each phase, and in all."""
    across = table[table["gallery"] == LINES].assign(phase=lambda rows: rows["phase"].astype(str))
    phases = list(dict.fromkeys(across["phase"]))
    width = 0.8 / len(colours)
    for number, (space, colour) in enumerate(colours.items()):
        rows = across[across["space"] == space].set_index("phase").reindex(phases)
        share = rows["share_within"]
        ends = rows[["share_within_low", "share_within_high"]].to_numpy(float).T
        spread = np.nan_to_num(np.abs(ends - share.to_numpy(float)))
        places = np.arange(len(phases)) + (number - (len(colours) - 1) / 2) * width
        axes.bar(places, share, width, color=colour)
        axes.errorbar(places, share, spread, fmt="none", ecolor="black", lw=0.8)
    axes.set_xticks(range(len(phases)), ["all" if name == "all" else f"phase {name}" for name in phases], fontsize=8)
    axes.set_ylim(bottom=0)
    axes.set_title(f"share of the {NEAREST} nearest within {WITHIN_MYR:g} Myr,\n{LINES}", fontsize=10)
