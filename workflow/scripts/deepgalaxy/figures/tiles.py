"""Images of a dataset as tiles: times across, something else down."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import PowerNorm
from skimage.util import montage

from deepgalaxy.dataset.layout import images_name, is_isolated, parse_group_name
from deepgalaxy.figures.style import save_figure
from deepgalaxy.figures.words import name_group

FAINT = 0.06
"""Of the largest brightness: what is fainter may lie outside of what is shown."""


GAMMA = 0.7
"""Brightness to this power is drawn, so that faint tails are seen on a screen and on paper."""


def nearest_tiles(
    group: h5py.Group, camera: int, t_myr: np.ndarray, wanted_myr: np.ndarray
) -> tuple[list[np.ndarray], float]:
    """Return for each wanted time the image of a camera that is nearest in time, float (height, width), and by how many
    Myr they are off at most.

    ``t_myr`` (snapshots,) are the times of the camera's images, from where ``wanted_myr`` count. The image is all NaN
    where none is as near as the longest time between two snapshots.
    """
    images = group[images_name(camera)]
    apart = np.abs(t_myr.astype(float) - wanted_myr[:, None])
    nearest, distance = apart.argmin(axis=1), apart.min(axis=1)
    there = distance <= np.diff(t_myr, append=t_myr[-1] + 1).max()
    nothing = np.full(images.shape[1:3], np.nan)
    tiles = [images[number].mean(axis=2) if shown else nothing for number, shown in zip(nearest, there)]
    return tiles, float(distance[there].max(initial=0))


def name_ratios(group: str) -> str:
    """Return what a group is called above an image, on two lines: the ratios of a merger, or the number of a lone one.

    >>> name_ratios("s_0.6_m_0.33"), name_ratios("isolated_01")
    ('mass ratio 0.33\\nsize ratio 0.6', 'lone galaxy 01')
    """
    if is_isolated(group):
        return name_group(group)
    size_ratio, mass_ratio = parse_group_name(group)
    return f"mass ratio {mass_ratio:g}\nsize ratio {size_ratio:g}"


def lit_square(lit: np.ndarray) -> tuple[slice, slice]:
    """Return the rows and columns of a square, in a frame (height, width), that holds all that is ``lit``; all rows and
    columns if nothing is, or if no square in the frame does."""
    places = np.argwhere(lit)
    side = int(1.1 * (np.ptp(places, axis=0).max() + 1)) + 1 if len(places) else max(lit.shape)
    if side > min(lit.shape):
        return slice(None), slice(None)
    middle = (places.min(axis=0) + places.max(axis=0) + 1) // 2
    rows, columns = np.clip(middle - side // 2, 0, np.array(lit.shape) - side)
    return slice(rows, rows + side), slice(columns, columns + side)


def draw_tiles(
    rows: Mapping[str, tuple[list[np.ndarray], float]], times: Sequence[str], title: str, output: str | Path
) -> None:
    """Draw by name rows of ``nearest_tiles``, of one size, under their ``times``: the square outside of which all are
    FAINT.

    The title goes on with by how much the images are off at most, if that is half a Myr or more.
    """
    tiles = [tile for of_row, _ in rows.values() for tile in of_row]
    brightest = np.nanmax(np.array(tiles, float), axis=0, initial=0)
    cut = lit_square(brightest > FAINT * brightest.max())
    tiles = [tile[cut] for tile in tiles]
    off_myr = max(off for _, off in rows.values())
    height, width = tiles[0].shape
    figure, axes = plt.subplots(figsize=(len(times) + 1.5, len(rows) + 0.5), dpi=120, layout="constrained")
    sheet = montage(np.array(tiles, np.float32), grid_shape=(len(rows), len(times)))
    axes.imshow(sheet, cmap="gray", norm=PowerNorm(GAMMA, vmin=0))
    axes.vlines(np.arange(1, len(times)) * width - 0.5, -0.5, len(rows) * height - 0.5, color="white", lw=0.7)
    axes.hlines(np.arange(1, len(rows)) * height - 0.5, -0.5, len(times) * width - 0.5, color="white", lw=0.7)
    axes.set_xticks((np.arange(len(times)) + 0.5) * width, times)
    axes.set_yticks((np.arange(len(rows)) + 0.5) * height, rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
    nearest = f"; nearest snapshots, up to {off_myr:.0f} Myr off" if off_myr >= 0.5 else ""
    axes.set_title(title + nearest, fontsize=10)
    save_figure(figure, output)


def draw_rows(
    panels: np.ndarray, labels: Mapping[str, str], images: Mapping[str, np.ndarray], said: Mapping[str, Sequence[str]]
) -> None:
    """Draw a row of images (n, height, width) in [0, 1] on each row of the axes ``panels`` (rows, n), in the order of
    ``labels``, which say at its left what it is; below its images stands what is ``said`` of them, if anything is."""
    for axes, (name, label) in zip(panels, labels.items()):
        axes[0].set_ylabel(label, fontsize=9)
        for panel, image, words in zip(axes, images[name], said.get(name, [""] * len(axes))):
            panel.imshow(image, cmap="gray", vmin=0, vmax=1)
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            panel.set_xlabel(words, fontsize=8)
