"""Where images lie in a network's features: those that it was trained on, and observed ones among them."""

import io
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from deepgalaxy.dater.archive import read_archive, read_array
from deepgalaxy.encoder.retrieval import map_of
from deepgalaxy.figures.style import GREY, ORANGE, PURPLE, save_figure
from deepgalaxy.observed.table import is_warned

MOST_TRAINING = 2000
"""Training images that are drawn; more would hide each other."""
NAMED = 12
"""Observed images that are numbered, in the order of the table."""


def plot_embedding(dater: str | Path, observed: Sequence[str | Path] | None, seed: int, output: str | Path) -> None:
    """Draw a map of training images by what the network of a dater makes of them, coloured by time.

    The map is made by t-SNE (van der Maaten & Hinton 2008, JMLR 9, 2579) of the standardised features; it keeps
    neighbours together, and says nothing of distances. ``observed``, if there are any, are the file of their features
    and their table, as the rule date_observed writes both.
    """
    members, _ = read_archive(dater)
    features = read_array(members["features.npy"])[:MOST_TRAINING]
    training = pd.read_csv(io.BytesIO(members["training.csv"])).head(MOST_TRAINING)
    classes = pd.read_csv(io.BytesIO(members["classes.csv"]))
    others, table = _read_observed(observed, features.shape[1])
    place = embed(features, others, seed)
    figure, axes = plt.subplots(figsize=(8, 6.5), dpi=100, layout="constrained")
    _draw_training(figure, axes, place[: len(features)], training, classes)
    _draw_observed(axes, place[len(features) :], table)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title("Images that the network sees as alike lie together; distances mean nothing", fontsize=10)
    axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=4, frameon=False)
    save_figure(figure, output)


def embed(training: np.ndarray, others: np.ndarray, seed: int) -> np.ndarray:
    """Return places in the plane, (n + m, 2), of n training images and m others by their features, which are
    standardised over the former; the same for the same ``seed``."""
    scaled = StandardScaler().fit(training).transform(np.concatenate([training, others]))
    scaled = PCA(min(50, *scaled.shape), svd_solver="full").fit_transform(scaled)
    return map_of(scaled, seed)


def _columns(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return place[:, 0], place[:, 1]


def _read_observed(observed: Sequence[str | Path] | None, width: int) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the features of observed images, and the rows of the table that these belong to."""
    if not observed:
        return np.empty((0, width), np.float32), pd.DataFrame({"file": [], "warning": []})
    with h5py.File(observed[0]) as file:
        features = file["features"][:]
    table = pd.read_csv(observed[1])
    return features, table[table["used"]].head(len(features))


def _draw_training(
    figure: plt.Figure, axes: plt.Axes, place: np.ndarray, training: pd.DataFrame, classes: pd.DataFrame
) -> None:
    """Draw training images: by their time, and by other signs those that have none."""
    lone, timed = training["isolated"].to_numpy(bool), training["target_myr"].notna().to_numpy()
    shown = axes.scatter(
        *_columns(place[timed & ~lone]), c=training["target_myr"][timed & ~lone], cmap="viridis", s=9, lw=0
    )
    bar = figure.colorbar(shown, ax=axes, pad=0.01)
    bar.set_label(f"time since the {classes['counts_from'].iloc[0]} (Myr)", fontsize=9)
    if (later := ~timed & ~lone).any():
        axes.scatter(*_columns(place[later]), color=GREY, s=9, lw=0, alpha=0.6, label="mergers without a time")
    if lone.any():
        axes.scatter(*_columns(place[lone]), color=PURPLE, marker="^", s=20, lw=0, label="lone galaxies")


def _draw_observed(axes: plt.Axes, place: np.ndarray, table: pd.DataFrame) -> None:
    """Draw observed images, those with a warning in another colour, and number the first of them."""
    warned = is_warned(table).to_numpy(bool)
    for chosen, colour, label in ((~warned, "black", "observed"), (warned, ORANGE, "observed, with a warning")):
        if chosen.any():
            axes.scatter(*_columns(place[chosen]), color=colour, marker="*", s=110, ec="white", lw=0.7, label=label)
    for number, (x, y) in enumerate(place[:NAMED], start=1):
        axes.annotate(f"{number}", (x, y), textcoords="offset points", xytext=(5, 5), fontsize=9, weight="bold")
