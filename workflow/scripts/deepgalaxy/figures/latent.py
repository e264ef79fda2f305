"""The vectors of images in the plane, by what is known of these."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, LINE_OF_SIGHT
from deepgalaxy.encoder.retrieval import NEIGHBOURS_IN_MAP
from deepgalaxy.figures.style import GREY, save_figure
from deepgalaxy.figures.words import in_words, name_group

VECTOR = "vector"
MOST_NAMED = 12
"""Simulations, or lines of sight, that are told apart in the legend."""
MOST_DISTINCT = 10
"""Colours that are told apart at a glance."""


def plot_latent(searches: str | Path, split: pd.DataFrame, table: pd.DataFrame, output: str | Path) -> None:
    """Draw a map of the vectors of test images three times: coloured by time, by simulation, and by line of sight.

    ``searches`` has the map, made by t-SNE, in its group ``map``, and the rows in ``split``, the split table; ``table``
    has the purity of each space's map. If images of one simulation, or one line of sight, lie apart from all others,
    then that orders the map, and the time only within it.
    """
    with h5py.File(searches) as file:
        place, row = file[f"map/places/{VECTOR}"][:], file["map/row"][:]
    views = split.iloc[row]
    figure, (by_time, by_merger, by_line) = plt.subplots(1, 3, figsize=(13, 5.2), dpi=100, layout="constrained")
    timed = views["target_myr"].notna().to_numpy()
    by_time.scatter(place[~timed, 0], place[~timed, 1], color=GREY, s=8, lw=0, label="no time")
    shown = by_time.scatter(place[timed, 0], place[timed, 1], c=views["target_myr"][timed], cmap="viridis", s=8, lw=0)
    figure.colorbar(shown, ax=by_time, location="left", pad=0.01, aspect=40).set_label("time (Myr)", fontsize=9)
    by_time.set_title("by time", fontsize=10)
    _draw_names(by_merger, place, views["group"].map(name_group), "by simulation")
    _draw_names(by_line, place, views["camera"].map(_name_line), "by line of sight")
    for axes in (by_time, by_merger, by_line):
        axes.set(xticks=[], yticks=[])
    figure.suptitle(say_purity(table), fontsize=10)
    save_figure(figure, output)


def _name_line(camera: int) -> str:
    """Return what the legend calls the line of sight of a camera, which is that of the opposite one, too."""
    return "cameras {:02d}, {:02d}".format(*ANTIPODAL_PAIRS[LINE_OF_SIGHT[camera]])


def _draw_names(axes: plt.Axes, place: np.ndarray, names: pd.Series, title: str) -> None:
    """Draw the points of each name in a colour of its own; after MOST_NAMED, colours are not told apart."""
    number, found = pd.factorize(names, sort=True)
    few = len(found) <= MOST_DISTINCT
    colours = plt.get_cmap("tab10")(range(len(found))) if few else plt.get_cmap("turbo")(np.linspace(0, 1, len(found)))
    for one, name in enumerate(found):
        label = name if one < MOST_NAMED else None
        axes.scatter(place[number == one, 0], place[number == one, 1], color=colours[one], s=8, lw=0, label=label)
    more = f"; {len(found) - MOST_NAMED} more are not named" if len(found) > MOST_NAMED else ""
    axes.set_title(title + more, fontsize=10)
    axes.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=3, frameon=False, markerscale=2)


def say_purity(table: pd.DataFrame) -> str:
    """Return in words how pure the map of the vector is, beside those of other spaces and of shuffled times."""
    spaces = table.drop_duplicates("space").set_index("space")
    ours, others = spaces.loc[VECTOR], spaces.drop(index=VECTOR)["map_purity"].dropna()
    beside = ", ".join(f"{purity:.2f} in that of {in_words(name)}" for name, purity in others.items())
    return (
        f"Share of the {NEIGHBOURS_IN_MAP} nearest points that are of the same part of time:"
        f" {ours['map_purity']:.2f} in this map, and {ours['chance_purity']:.2f} if times are shuffled;\n{beside}"
    )
