"""Images of a dataset as tiles: times across, something else down."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np
from matplotlib import pyplot as plt
from skimage.util import montage

from deepgalaxy.dataset.layout import images_name
from deepgalaxy.figures.style import save_figure


def nearest_tiles(
    group: h5py.Group, camera: int, t_myr: np.ndarray, wanted_myr: np.ndarray
) -> tuple[list[np.ndarray], float]:
    """Return for each wanted time the image of a camera that is nearest in time, float (height, width), and by how many
    Myr they are off at most.

    ``t_myr`` (snapshots,) are the times of the camera's images, from where ``wanted_myr`` count. The image is black
    where none is as near as the longest time between two snapshots.
    """
    images = group[images_name(camera)]
    apart = np.abs(t_myr.astype(float) - wanted_myr[:, None])
    nearest, distance = apart.argmin(axis=1), apart.min(axis=1)
    there = distance <= np.diff(t_myr, append=t_myr[-1] + 1).max()
    black = np.zeros(images.shape[1:3])
    tiles = [images[number].mean(axis=2) if shown else black for number, shown in zip(nearest, there)]
    return tiles, float(distance[there].max(initial=0))


def draw_tiles(
    rows: Mapping[str, tuple[list[np.ndarray], float]], times: Sequence[str], title: str, output: str | Path
) -> None:
    """Draw by name rows of ``nearest_tiles``, of one size, under their ``times``.

    The title goes on with by how much the images are off at most, if that is half a Myr or more.
    """
    tiles = [tile for of_row, _ in rows.values() for tile in of_row]
    off_myr = max(off for _, off in rows.values())
    height, width = tiles[0].shape
    figure, axes = plt.subplots(figsize=(len(times) + 1.5, len(rows) + 0.5), dpi=100, layout="constrained")
    axes.imshow(montage(np.array(tiles, np.float32), grid_shape=(len(rows), len(times))), cmap="gray", vmin=0)
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
