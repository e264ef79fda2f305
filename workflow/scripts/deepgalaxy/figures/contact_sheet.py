"""A merger at a glance."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from skimage.util import montage

from deepgalaxy.dataset.layout import images_name, is_isolated, parse_group_name, recorded_numbers, times_name
from deepgalaxy.dataset.units import usable_cameras
from deepgalaxy.figures.style import save_figure


def plot_contact_sheet(dataset: str | Path, catalogue: pd.DataFrame, output: str | Path, columns: int = 10) -> None:
    """Draw one merger of an image file, the one nearest to equal galaxies: times across, cameras down.

    Only cameras that the catalogue does not call damaged are read. Times count from the start of the simulation; of
    each camera, the image nearest in time is shown.
    """
    usable = {name: cameras for name, cameras in usable_cameras(catalogue).items() if cameras}
    mergers = [name for name in usable if not is_isolated(name)] or list(usable)
    name = min(mergers, key=lambda group: np.abs(np.log(parse_group_name(group))).sum())
    cameras = usable[name]
    with h5py.File(dataset) as file:
        group = file[name]
        t_myr = group[times_name(cameras[0])][:]
        chosen = np.unique(np.linspace(0, len(t_myr) - 1, columns).round().astype(int))
        images = []
        for camera in cameras:
            apart = np.abs(group[times_name(camera)][:].astype(float)[:, None] - t_myr[chosen])
            images += [group[images_name(camera)][number].mean(axis=2) for number in apart.argmin(axis=0)]
        pericentres = recorded_numbers(group, "pericentres_myr")
    sheet = montage(np.array(images, np.float32), grid_shape=(len(cameras), len(chosen)))
    height, width = images[0].shape
    figure, axes = plt.subplots(figsize=(len(chosen) + 1, len(cameras) + 0.5), dpi=100, layout="constrained")
    axes.imshow(sheet, cmap="gray", vmin=0)
    axes.set_xticks((np.arange(len(chosen)) + 0.5) * width, [f"{t} Myr" for t in t_myr[chosen]])
    axes.set_yticks((np.arange(len(cameras)) + 0.5) * height, [f"camera {camera:02d}" for camera in cameras])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8)
    axes.spines[:].set_visible(False)
    passages = ", ".join(f"{t:.4g}" for t in pericentres)
    axes.set_title(name + (f" — pericentres at {passages} Myr" if passages else ""), fontsize=10)
    save_figure(figure, output)
