"""A merger at a glance."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.layout import is_isolated, parse_group_name, recorded_numbers, times_name
from deepgalaxy.dataset.units import usable_cameras
from deepgalaxy.figures.tiles import draw_tiles, nearest_tiles
from deepgalaxy.figures.words import name_group

COLUMNS = 10
"""Times that are shown, at most."""


def plot_contact_sheet(dataset: str | Path, catalogue: pd.DataFrame, output: str | Path) -> None:
    """Draw one merger of an image file, the one nearest to equal galaxies: times across, cameras down.

    Only cameras that the catalogue does not call damaged are read. Times count from the start of the simulation; of
    each camera, the image nearest in time is shown, and none where it has none by then.
    """
    usable = {name: cameras for name, cameras in usable_cameras(catalogue).items() if cameras}
    mergers = [name for name in usable if not is_isolated(name)] or list(usable)
    name = min(mergers, key=lambda group: np.abs(np.log(parse_group_name(group))).sum())
    with h5py.File(dataset) as file:
        group = file[name]
        t_myr = {camera: group[times_name(camera)][:] for camera in usable[name]}
        longest = max(t_myr.values(), key=len)
        wanted_myr = longest[np.unique(np.linspace(0, len(longest) - 1, COLUMNS).round().astype(int))]
        rows = {f"camera {camera:02d}": nearest_tiles(group, camera, t, wanted_myr) for camera, t in t_myr.items()}
        pericentres = recorded_numbers(group, "pericentres_myr")
    passages = ", ".join(f"{t:.4g}" for t in pericentres)
    title = f"{name_group(name)}: time since the start of the simulation" + (
        f", pericentres at {passages} Myr" if passages else ""
    )
    draw_tiles(rows, [f"{t:g} Myr" for t in wanted_myr], title, output)
