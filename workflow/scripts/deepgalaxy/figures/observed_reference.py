"""Times of observed mergers against published ones."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure
from deepgalaxy.observed.table import is_warned


def plot_observed_reference(compared: pd.DataFrame, agreement: pd.Series, output: str | Path) -> None:
    """Draw the expected times of observed mergers, with their 68 % intervals, against the published ones.

    ``compared`` is the table of ``compare_with_reference``, ``agreement`` the row of ``summarise_agreement``. Images
    with a warning are in another colour; the title says how many were not dated.
    """
    dated = compared[compared["expected_myr"].notna()]
    warned = is_warned(dated)
    figure, axes = plt.subplots(figsize=(6.4, 6), layout="constrained")
    for label, colour, some in (
        ("68 % interval", BLUE, dated[~warned]),
        ("with a warning: its time may mean nothing", ORANGE, dated[warned]),
    ):
        if len(some):
            spread = (some["expected_myr"] - some["low_myr"], some["high_myr"] - some["expected_myr"])
            limits = [part.clip(lower=0) for part in spread]
            axes.errorbar(
                some["published_myr"], some["expected_myr"], limits, fmt="o", color=colour, lw=1.2, label=label
            )
    for row in dated.itertuples():
        place = (row.published_myr, row.expected_myr)
        axes.annotate(row.file, place, (4, 4), textcoords="offset points", fontsize=7, color=GREY, parse_math=False)
    if len(dated):
        ends = dated[["published_myr", "low_myr", "high_myr"]].to_numpy(float)
        axes.plot([ends.min(), ends.max()], [ends.min(), ends.max()], "--", color=GREY, lw=1, label="the same")
        axes.legend(fontsize=8)
    since = "since the first pericentre (Myr)"
    axes.set(xlabel=f"published time {since}", ylabel=f"expected time {since}")
    axes.set_title(say_agreement(agreement), fontsize=9)
    save_figure(figure, output)


def say_agreement(agreement: pd.Series) -> str:
    """Return what ``summarise_agreement`` found, in words."""
    undated = int(agreement["published"] - agreement["dated"])
    lines = [f"{int(agreement['dated'])} of {int(agreement['published'])} systems dated"] if undated else []
    if agreement["dated"]:
        limits = _limits(agreement, "median_difference", "_myr", 0)
        lines.append(
            f"median difference {agreement['median_difference_myr']:.0f} Myr{limits}; always the median time of"
            f" training: {agreement['training_median_difference_myr']:.0f} Myr"
        )
        lines.append(f"{int(agreement['within'])} of {int(agreement['dated'])} published times in the 68 % interval")
    if pd.notna(agreement["rank_correlation"]):
        limits = _limits(agreement, "rank_correlation", "", 2)
        lines.append(f"rank correlation {agreement['rank_correlation']:.2f}{limits}")
    return "\n".join(lines)


def _limits(agreement: pd.Series, name: str, unit: str, digits: int) -> str:
    """Return the 95 % interval of a figure, in brackets; nothing if there is none."""
    low, high = (agreement[f"{name}_{limit}{unit}"] for limit in ("low", "high"))
    return "" if pd.isna(low) else f" ({low:.{digits}f} to {high:.{digits}f})"
