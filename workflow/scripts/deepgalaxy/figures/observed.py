"""Observed mergers, their times, and the simulated ones most like them."""

import textwrap
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, ORANGE, in_two_lines, save_figure
from deepgalaxy.figures.words import name_group
from deepgalaxy.observed.novelty import NEIGHBOURS
from deepgalaxy.sample.prepared_file import as_brightness

MOST_ROWS = 12
LINE = 150  # characters across the figure


def plot_observed(
    table: pd.DataFrame, times: pd.DataFrame, observed: str | Path, train: str | Path, output: str | Path
) -> None:
    """Draw the first MOST_ROWS observed images that were used, one per row, and say in words what became of the others.

    From left to right: the image as the network sees it; its distribution over time, with the expected time and the
    middle 68 %, and its most probable class if that has no time; the nearest training images with their times or
    classes. Images with a warning are in another colour.
    ``table`` and ``times`` are those of ``tabulate_observed``, ``observed`` holds the images of the used ones, and
    ``train`` is the prepared file.
    """
    used, unused = table[table["used"]], table[~table["used"]]
    remarks = [f"{row.file} is not used. {row.reason}" for row in unused.head(MOST_ROWS).itertuples()]
    more = max(0, len(used) - MOST_ROWS) + max(0, len(unused) - MOST_ROWS)
    if more:
        remarks.append(f"{more} more {'files are' if more > 1 else 'file is'} in the table.")
    lines = [line for remark in remarks for line in textwrap.wrap(remark, LINE)]
    rows = min(len(used), MOST_ROWS)
    figure = plt.figure(figsize=(11, 2.1 * rows + 0.16 * len(lines) + 0.3), dpi=100, layout="constrained")
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=8, parse_math=False)
    if rows:
        panels = figure.subplots(rows, 2 + NEIGHBOURS, squeeze=False, width_ratios=[1, 1.8, *[1] * NEIGHBOURS])
        with h5py.File(observed) as file:
            images = file["images"][:rows]
        for axes, (_, row), image in zip(panels, used.iterrows(), images):
            colour = ORANGE if is_warned(row) else BLUE
            _plot_image(axes[0], image, in_two_lines(row["file"]), colour)
            _plot_times(axes[1], times[times["file"] == row["file"]], row, colour)
            for number, place in enumerate(axes[2:], start=1):
                _plot_neighbour(place, train, row.filter(like=f"neighbour_{number}_"), number)
        panels[-1, 1].set_xlabel(f"time since the {used['counts_from'].iloc[0]} (Myr)", fontsize=8)
    save_figure(figure, output)


def is_warned(row: pd.Series) -> bool:
    """Return whether the table has a warning for an image."""
    return not pd.isna(row["warning"]) and row["warning"] != ""


def _plot_image(axes: plt.Axes, image: np.ndarray, title: str, colour: str = "black") -> None:
    """Draw an image (pixels, pixels, 1) as the network sees it."""
    axes.imshow(as_brightness(image), cmap="gray", vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=colour, linewidth=2)
    axes.set_title(title, fontsize=8, color=colour, parse_math=False)


def _plot_times(axes: plt.Axes, times: pd.DataFrame, row: pd.Series, colour: str) -> None:
    """Draw the distribution of one image over time; say how far it is from what was trained on."""
    edges = [*times["t_from_myr"], times["t_to_myr"].iloc[-1]]
    axes.stairs(times["probability"], edges, fill=True, color=colour, alpha=0.5)
    axes.axvspan(row["low_myr"], row["high_myr"], color=colour, alpha=0.15, lw=0)
    axes.axvline(row["expected_myr"], color=colour)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1))
    axes.set_ylabel("probability", fontsize=8)
    axes.tick_params(labelsize=8)
    time = f"{row['expected_myr']:.0f} Myr; 68 %: {row['low_myr']:.0f} to {row['high_myr']:.0f} Myr"
    if row["timed_probability"] < 0.5:
        time = f"{row['class']}: {100 * row['probability']:.0f} %; if not: {time}"
    if is_warned(row):
        lone = row.get("lone_probability", np.nan)
        known = "" if pd.isna(lone) else f", lone galaxy {lone:.2f}"
        axes.set_title(
            f"{time}\nWARNING: novelty {row['novelty']:.1f}{known}",
            fontsize=8,
            color=colour,
            weight="bold",
        )
    else:
        axes.set_title(f"{time}\nnovelty {row['novelty']:.1f}", fontsize=8, color=colour)


def _plot_neighbour(axes: plt.Axes, train: str | Path, neighbour: pd.Series, number: int) -> None:
    """Draw the training image that is the ``number``-th nearest."""
    row, group, camera, target_myr, name, _ = neighbour
    with h5py.File(train) as file:
        image = file["images"][np.flatnonzero(file["row"][:] == row)[0]]
    time = name if pd.isna(target_myr) else f"{target_myr:g} Myr"
    _plot_image(axes, image, f"neighbour {number}: {time}\n{name_group(group)}\ncamera {camera:02.0f}")
