"""Images beside the training images that are most like them."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.metrics import pairwise_distances

from deepgalaxy.encoder.reconstruction import spread_over
from deepgalaxy.figures.style import BLUE, in_two_lines, save_figure
from deepgalaxy.figures.words import name_group
from deepgalaxy.observed.similar import NEAREST, tabulate_similar
from deepgalaxy.sample.prepared_file import as_brightness

MOST_ROWS = 12
QUERIES = 8


@dataclass(frozen=True)
class Sheet:
    """Images to be drawn one per row: the ``images`` (n, pixels, pixels, 1) as they are stored, what is said of each,
    ``titles``, and the table of ``tabulate_similar`` of them, ``found``."""

    images: np.ndarray
    titles: list[str]
    found: pd.DataFrame


def plot_similar(table: pd.DataFrame, observed: str | Path, train: str | Path, output: str | Path) -> None:
    """Draw the first MOST_ROWS observed images that were used with the training images that are most like them.

    ``table`` is that of ``search_similar``, ``observed`` the file of the images of the used ones, in its order, and
    ``train`` the prepared file.
    """
    used = table[table["used"]].head(MOST_ROWS)
    with h5py.File(observed) as file:
        images = file["images"][: len(used)]
    titles = [
        in_two_lines(row.file) + ("" if pd.isna(row.spread_myr) else f"\ntimes over {row.spread_myr:.0f} Myr")
        for row in used.itertuples()
    ]
    _draw(Sheet(images, titles, used), train, output)


def plot_queries(
    latent: str | Path, split: pd.DataFrame, test: str | Path, train: str | Path, output: str | Path
) -> None:
    """Draw QUERIES test images, evenly spread over the times, with the training images nearest to them by the vector,
    no two of one simulation.

    ``latent`` holds the vectors, ``split`` is the split table, ``test`` and ``train`` are the prepared files.
    """
    with h5py.File(latent) as file:
        points, gallery = file["test/mean"][:], file["train/mean"][:]
        row, gallery_row = file["test/row"][:], file["train/row"][:]
    t_myr = split["target_myr"].to_numpy(float)[row]
    in_order = np.argsort(t_myr)[: np.isfinite(t_myr).sum()]
    if not len(in_order):
        raise ValueError("No test image has a time, over which to spread the queries; select mergers.")
    chosen = in_order[list(spread_over(len(in_order), QUERIES))]
    described = split.assign(row=np.arange(len(split))).iloc[gallery_row].reset_index(drop=True)
    queries = split.iloc[row[chosen]].reset_index(drop=True)
    found = tabulate_similar(queries, pairwise_distances(points[chosen], gallery), described)
    with h5py.File(test) as file:
        place = {number: place for place, number in enumerate(file["row"][:])}
        images = np.stack([file["images"][place[number]] for number in row[chosen]])
    titles = [
        f"{name_group(view.group)}\ncamera {view.camera:02d}: {view.target_myr:.0f} Myr"
        for view in queries.itertuples()
    ]
    _draw(Sheet(images, titles, found), train, output)


def _draw(sheet: Sheet, train: str | Path, output: str | Path) -> None:
    """Draw a sheet; a row is an image and, to the right of it, the training images most like it."""
    rows = max(1, len(sheet.images))
    figure, panels = plt.subplots(
        rows, 1 + NEAREST, figsize=(1.75 * (1 + NEAREST), 2.1 * rows), dpi=80, layout="constrained", squeeze=False
    )
    for panel in panels.flat:
        panel.axis("off")
    with h5py.File(train) as file:
        place = {number: place for place, number in enumerate(file["row"][:])}
        for axes, image, title, (_, found) in zip(panels, sheet.images, sheet.titles, sheet.found.iterrows()):
            _draw_image(axes[0], image, title, BLUE)
            for number in range(1, NEAREST + 1):
                about = found.filter(like=f"similar_{number}_")
                if pd.notna(about[f"similar_{number}_row"]):
                    stored = file["images"][place[about[f"similar_{number}_row"]]]
                    _draw_image(axes[number], stored, _say_similar(about, number), "black")
    save_figure(figure, output)


def _draw_image(axes: plt.Axes, image: np.ndarray, title: str, colour: str) -> None:
    """Draw an image (pixels, pixels, 1) as it is stored."""
    axes.imshow(as_brightness(image)[:, :, 0], cmap="gray", vmin=0, vmax=1)
    axes.set_title(title, fontsize=8, color=colour, parse_math=False)


def _say_similar(about: pd.Series, number: int) -> str:
    """Return in two lines which training image is similar."""
    _, group, camera, t_myr, _ = about
    time = "no time" if pd.isna(t_myr) else f"{t_myr:.0f} Myr"
    return f"{number}: {name_group(group)}\ncamera {camera:02.0f}: {time}"
