"""Several mergers side by side."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from skimage.util import montage

from deepgalaxy.dataset.layout import group_order, images_name, is_isolated, merger_events, times_name
from deepgalaxy.dataset.units import usable_cameras
from deepgalaxy.figures.style import save_figure

CAMERAS = (0, 2, 3, 4, 6, 7)
"""One for each row, all on different lines of sight; if a merger lacks its own, the first that it has is shown."""


def plot_mergers(dataset: str | Path, catalogue: pd.DataFrame, output: str | Path, columns: int = 10) -> None:
    """Draw up to six mergers of an image file, from the smallest to the largest, each from another side.

    Only cameras that the catalogue does not call damaged are read; if it leaves no merger, lone galaxies are drawn.

    Times run across from the earliest to the latest of these mergers: since the first pericentre if all of them record
    it, else since the start of the simulation. A merger that ends sooner, or begins later, has no picture there.
    """
    usable = {name: cameras for name, cameras in usable_cameras(catalogue).items() if cameras}
    names = sorted([name for name in usable if not is_isolated(name)] or usable, key=group_order)
    names = [names[i] for i in np.unique(np.linspace(0, len(names) - 1, len(CAMERAS)).round().astype(int))]
    cameras = [camera if camera in usable[name] else usable[name][0] for name, camera in zip(names, CAMERAS)]
    with h5py.File(dataset) as file:
        first_myr = [merger_events(file[name])[0] for name in names]
        since_pericentre = np.isfinite(first_myr).all()
        t_myr = [
            file[name][times_name(camera)][:] - (first if since_pericentre else 0)
            for name, camera, first in zip(names, cameras, first_myr)
        ]
        wanted = np.linspace(min(t[0] for t in t_myr), max(t[-1] for t in t_myr), columns)
        tiles = []
        for name, camera, times in zip(names, cameras, t_myr):
            images = file[name][images_name(camera)]
            apart = np.abs(times - wanted[:, None])
            tolerance = np.diff(times, append=times[-1] + 1).max()
            for number, distance in zip(apart.argmin(axis=1), apart.min(axis=1)):
                tiles.append(images[number].mean(axis=2) if distance <= tolerance else np.zeros(images.shape[1:3]))
    height, width = tiles[0].shape
    figure, axes = plt.subplots(figsize=(columns + 1.5, len(names) + 0.5), dpi=100, layout="constrained")
    axes.imshow(montage(np.array(tiles, np.float32), grid_shape=(len(names), columns)), cmap="gray", vmin=0)
    axes.set_xticks((np.arange(columns) + 0.5) * width, [f"{t:.0f} Myr" for t in wanted])
    axes.set_yticks((np.arange(len(names)) + 0.5) * height, names)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
    origin = "first pericentre" if since_pericentre else "start of the simulation"
    axes.set_title(f"Time since the {origin} of each", fontsize=10)
    save_figure(figure, output)
