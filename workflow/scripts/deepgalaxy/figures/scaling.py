"""How training scales with the number of workers."""

from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from deepgalaxy.figures.style import BLUE, GREEN, GREY, ORANGE, PURPLE, save_figure
from deepgalaxy.scaling.throughput import OURS, PARTS

# Colour, mark, and its size: a single worker's run serves both kinds, so that one mark must not hide the other.
KINDS = {"weak": (BLUE, "o", 9), "strong": (ORANGE, "s", 5)}


def plot_scaling(
    scaling: pd.DataFrame, published: pd.DataFrame, model: pd.DataFrame | None, output: str | Path
) -> None:
    """Draw throughput and efficiency against the number of workers, and the parts of the time of an epoch.

    ``scaling`` has the rows of one model on one sample, and of old logs, of
    ``deepgalaxy.scaling.throughput.scaling_table``; ``published`` those of ``deepgalaxy.scaling.published_points``;
    ``model`` those of ``deepgalaxy.scaling.model.predict_scaling``, if there are any. Filled marks are measured here or
    read from logs, open ones on a dashed line are predicted, grey ones are published by others.
    """
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(13, 5.6), width_ratios=(1, 1, 0.75), layout="constrained"
    )
    ours, logs = (scaling[(scaling["source"] == OURS) == wanted] for wanted in (True, False))
    for axes, quantity in ((left, "images_per_second"), (middle, "efficiency")):
        _draw_ideal(axes, quantity, ours, model)
        if model is not None:
            _draw_model(axes, quantity, model)
        for kind, rows in ours.groupby("kind", sort=False):
            _draw_measured(axes, quantity, rows, f"{OURS}, {kind} scaling", *KINDS[kind])
        for (source, rows), mark in zip(logs.groupby("source", sort=False), cycle("Dv^P")):
            _draw_measured(axes, quantity, rows, source, GREEN, mark, 6)
        for (label, rows), mark in zip(published.groupby("label", sort=False), cycle("*X<>ph")):
            axes.plot(rows["workers"], rows[quantity], mark, ms=8, color=GREY, label=label)
        axes.set_xscale("log", base=2)
        axes.set(xlabel="workers", ylabel={"images_per_second": "images per second"}.get(quantity, quantity))
        axes.xaxis.set_major_locator(LogLocator(2, numticks=8))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_locator(NullLocator())
    left.set_yscale("log")
    middle.set_ylim(0, None)
    _draw_parts(right, ours)
    entries: dict[str, Any] = {}
    for axes in (left, middle):
        entries |= {label: handle for handle, label in zip(*axes.get_legend_handles_labels())}
    # What was measured, with its bars, comes first.
    entries = dict(sorted(entries.items(), key=lambda entry: not isinstance(entry[1], ErrorbarContainer)))
    figure.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False, fontsize="small")
    save_figure(figure, output)


def _draw_ideal(axes: Axes, quantity: str, ours: pd.DataFrame, model: pd.DataFrame | None) -> None:
    """Draw ideal scaling from the smallest measured number of workers."""
    if quantity == "efficiency":
        axes.axhline(1, ls=":", color=GREY)
    elif len(ours):
        first = ours.loc[ours["workers"].idxmin()]
        ends = np.array([first["workers"], (ours if model is None else model)["workers"].max()])
        axes.plot(ends, first[quantity] * ends / first["workers"], ":", color=GREY, label="ideal")


def _draw_model(axes: Axes, quantity: str, model: pd.DataFrame) -> None:
    """Draw what the model predicts, with its band."""
    low, high = model[f"{quantity}_low"], model[f"{quantity}_high"]
    axes.fill_between(model["workers"], low, high, color=BLUE, alpha=0.15, lw=0)
    axes.plot(
        model["workers"],
        model[quantity],
        "--o",
        ms=5,
        mfc="white",
        color=BLUE,
        label="predicted by the model, weak scaling, 95 % band",
    )


def _draw_measured(
    axes: Axes, quantity: str, rows: pd.DataFrame, label: str, colour: str, mark: str, size: float
) -> None:
    """Draw means with their confidence intervals."""
    limits = rows[[f"{quantity}_low", f"{quantity}_high"]].sub(rows[quantity], axis=0).abs()
    axes.errorbar(rows["workers"], rows[quantity], limits.T, fmt=mark, ms=size, capsize=3, color=colour, label=label)


def _draw_parts(axes: Axes, ours: pd.DataFrame) -> None:
    """Draw the share of an epoch's time that each part took."""
    if ours.empty:
        axes.set_axis_off()
        return
    ours = ours.drop_duplicates(["workers", "batch_size"])
    names = [f"{row.workers}\n{row.kind if row.workers > 1 else ''}" for row in ours.itertuples()]
    seconds = ours[[f"{part}_seconds" for part in PARTS]].to_numpy()
    shares = seconds / seconds.sum(axis=1, keepdims=True)
    bottom = np.zeros(len(ours))
    for part, share, colour in zip(PARTS, shares.T, (BLUE, GREEN, ORANGE, PURPLE)):
        axes.bar(names, share, bottom=bottom, color=colour, label=part)
        bottom = bottom + share
    axes.set(xlabel="workers", ylabel="share of an epoch's time", ylim=(0, 1))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
