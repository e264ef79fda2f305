"""A merger at a glance."""

from pathlib import Path

import h5py
import numpy as np
from matplotlib import pyplot as plt
from skimage.util import montage

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.layout import images_name, is_isolated, parse_group_name, times_name
from deepgalaxy.figures.style import save_figure


def plot_contact_sheet(dataset: str | Path, output: str | Path, columns: int = 10) -> None:
    """Draw one merger of an image file, the one nearest to equal galaxies: times across, all cameras down.

    Times count from the start of the simulation.
    """
    with h5py.File(dataset) as file:
        seen = [name for name, group in file.items() if len(group)]
        mergers = [name for name in seen if not is_isolated(name)] or seen
        name = min(mergers, key=lambda group: np.abs(np.log(parse_group_name(group))).sum())
        group = file[name]
        cameras = [camera for camera in range(CAMERA_COUNT) if images_name(camera) in group]
        t_myr = group[times_name(cameras[0])][:]
        chosen = np.unique(np.linspace(0, len(t_myr) - 1, columns).round().astype(int))
        images = np.array([group[images_name(camera)][i].mean(axis=2) for camera in cameras for i in chosen])
        pericentres = group.attrs.get("pericentres_myr", [])
    sheet = montage(images.astype(np.float32), grid_shape=(len(cameras), len(chosen)))
    height, width = images.shape[1:]
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
