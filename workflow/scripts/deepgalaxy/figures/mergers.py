"""Several mergers side by side."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.layout import group_order, is_isolated, merger_events, times_name
from deepgalaxy.dataset.units import usable_cameras
from deepgalaxy.figures.style import say_myr
from deepgalaxy.figures.tiles import draw_tiles, name_ratios, nearest_tiles

CAMERAS = (0, 2, 3, 4, 6, 7)
"""One for each row, all on different lines of sight; if a merger lacks its own, the first that it has is shown."""


def plot_mergers(dataset: str | Path, catalogue: pd.DataFrame, output: str | Path, columns: int = 7) -> None:
    """Draw up to six mergers of an image file, from the smallest to the largest, each from another side.

    Only cameras that the catalogue does not call damaged are read; if it leaves no merger, lone galaxies are drawn.

    Times run across from the earliest to the latest of these mergers: since the first pericentre if all of them record
    it, else since the start of the simulation. Each picture is the snapshot nearest in time, and the title says how far
    off they are at most. A merger that ends sooner, or begins later, has no picture there.
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
        wanted_myr = np.linspace(min(t[0] for t in t_myr), max(t[-1] for t in t_myr), columns)
        rows = {
            name_ratios(name): nearest_tiles(file[name], camera, t, wanted_myr)
            for name, camera, t in zip(names, cameras, t_myr)
        }
    origin = "first pericentre" if since_pericentre else "start of the simulation"
    draw_tiles(rows, [say_myr(t) for t in wanted_myr], f"Time since the {origin} of each", output)
