"""Test images beside what an encoder-decoder makes of them."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import save_figure
from deepgalaxy.figures.tiles import draw_rows
from deepgalaxy.figures.words import in_words, name_group

ROWS = {"image": "image", "autoencoder": "autoencoder", "variational": "by the vector"}
"""What is drawn from top to bottom: the name in the file, and what the figure calls it."""


def plot_reconstructions(made: str | Path, split: pd.DataFrame, table: pd.DataFrame, output: str | Path) -> None:
    """Draw the triplets of a file of ``reconstruct_images``, from the worst to the best of the autoencoder.

    Below each picture is its mean absolute difference from the image. ``split`` is the split table, and ``table`` that
    of ``tabulate_reconstruction``, whose means over all test images are in the title beside those of what needs no
    network.
    """
    with h5py.File(made) as file:
        place = file["triplets/place"][:]
        row = file["row"][:][place]
        images = {name: file[f"triplets/{name}"][:] for name in ROWS}
        differences = {name: file[f"{name}/mae"][:][place] for name in list(ROWS)[1:]}
    across = len(row)
    figure, panels = plt.subplots(
        3, across, figsize=(max(6, 1.25 * across), 4.9), dpi=100, layout="constrained", squeeze=False
    )
    said = {name: [f"{value:.4f}" for value in values] for name, values in differences.items()}
    draw_rows(panels, ROWS, images, said)
    for panel, (_, view) in zip(panels[0], split.iloc[row].iterrows()):
        panel.set_title(describe_view(view), fontsize=7)
    figure.suptitle(_say_means(table), fontsize=9)
    save_figure(figure, output)


def describe_view(view: pd.Series) -> str:
    """Return in three lines which image a row of the split table is of."""
    time = "no time" if pd.isna(view["target_myr"]) else f"{view['target_myr']:.0f} Myr"
    return f"{name_group(view['group'])}\ncamera {view['camera']:02.0f}\n{time}"


def _say_means(table: pd.DataFrame) -> str:
    """Return the mean absolute differences over all test images in words."""
    mean = table.set_index("reconstruction")["mae"]
    others = ", ".join(
        f"{in_words(name).replace('_', ' ')} {value:.4f}" for name, value in mean.items() if name not in ROWS
    )
    return (
        f"Mean absolute difference over all {np.max(table['images']):,} test images: autoencoder"
        f" {mean['autoencoder']:.4f}, by the vector {mean['variational']:.4f}\n{others}"
    )
