"""One merger through time, and what a network says of the time at each moment: a picture, and a movie."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import PowerNorm
from PIL import Image

from deepgalaxy.dataset.layout import group_order, images_name, recorded_numbers
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.dated import Dates, date_images, draw_dates
from deepgalaxy.figures.style import BLUE, save_figure, say_myr
from deepgalaxy.figures.tiles import FAINT, GAMMA, lit_square
from deepgalaxy.files import whole_file

FRAMES = 7
MOST_FRAMES = 80
"""Of a movie: at 10 frames a second, 8 seconds."""
FRAME_MS = 100
LAST_FRAME_MS = 1500
BAR_KPC = 20


def typical_sequence(predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame) -> pd.DataFrame:
    """Return the tested images of one merger by one camera, in order of time: rows of the split table, and their
    ``place`` among the predictions.

    It is a typical one: of the mergers, that whose median error is the median of them, and of its cameras likewise (of
    two in the middle, the better). Raises ValueError if no image of a merger with a time was tested.
    """
    images = split.iloc[predictions.row].assign(
        place=np.arange(len(predictions.row)), error_myr=predictions.error_myr(classes)
    )
    mergers = images[~images["isolated"]]
    if not mergers["error_myr"].notna().any():
        raise ValueError("No image of a merger with a time was tested, so that none can be shown through time.")
    group = _in_the_middle(mergers.groupby("group")["error_myr"].median().dropna().sort_index(key=_in_order))
    of_merger = mergers[mergers["group"] == group]
    camera = _in_the_middle(of_merger.groupby("camera")["error_myr"].median().dropna())
    return of_merger[of_merger["camera"] == camera].sort_values("t_myr")


def _in_order(names: pd.Index) -> pd.Index:
    """Return the places of groups in the order of groups."""
    ordered = sorted(names, key=group_order)
    return pd.Index([ordered.index(name) for name in names])


def _in_the_middle(medians: pd.Series) -> object:
    """Return the label of the median of some values, of two in the middle that of the smaller."""
    return medians.sort_values(kind="stable").index[(len(medians) - 1) // 2]


@dataclass(frozen=True)
class Frames:
    """Images of one merger by one camera: ``brightness`` (n, pixels, pixels), and how many ``kpc`` a pixel shows, NaN
    if it is not recorded."""

    brightness: np.ndarray
    kpc: float


def read_frames(subset: str | Path, images: pd.DataFrame) -> Frames:
    """Return images of one merger by one camera, rows of the split table: the square outside of which all is FAINT."""
    first = images.iloc[0]
    with h5py.File(subset) as file:
        group = file[first["group"]]
        sequence = group[images_name(first["camera"])]
        frames = np.stack([sequence[number].mean(axis=2, dtype=float) for number in images["snapshot"]])
        half_width_kpc = recorded_numbers(group, "half_width_kpc")
    rows, columns = lit_square(frames.max(axis=0) > FAINT * frames.max())
    kpc = 2 * half_width_kpc[0] / frames.shape[1] if len(half_width_kpc) else np.nan
    return Frames(frames[:, rows, columns], kpc)


def plot_timeline(
    predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, subset: str | Path, output: str | Path
) -> None:
    """Draw the ``typical_sequence`` at FRAMES moments, evenly spread over its images, and under each the network's
    distribution over time.

    ``subset`` is the file of the selected images.
    """
    images = typical_sequence(predictions, classes, split)
    images = images.iloc[np.unique(np.linspace(0, len(images) - 1, FRAMES).round().astype(int))]
    dates = date_images(predictions.where(images["place"].to_numpy()), classes)
    frames = read_frames(subset, images)
    figure, panels = plt.subplots(
        *(2, len(images)),
        figsize=(1.85 * len(images), 3.5),
        dpi=140,
        layout="constrained",
        height_ratios=(2, 1),
        squeeze=False,
    )
    for number, (above, below) in enumerate(panels.T):
        _draw_frame(above, frames, number, bar=number == 0)
        above.set_title(_say_truth(images.iloc[number], dates, number), fontsize=10)
        draw_dates(below, dates, number)
        below.set_title(dates.said[number], fontsize=10, color=BLUE, pad=3)
    figure.supxlabel(f"time since the {dates.counts_from} (Myr)", fontsize=10)
    save_figure(figure, output)


def _draw_frame(axes: plt.Axes, frames: Frames, number: int, bar: bool) -> None:
    """Draw an image without axes, with a ``bar`` that says how large it is if asked to and if it is known."""
    stretch = PowerNorm(GAMMA, 0, frames.brightness.max() or 1)
    axes.imshow(frames.brightness[number], cmap="gray", norm=stretch, interpolation="bicubic")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if bar and np.isfinite(frames.kpc):
        pixels = frames.brightness.shape[1]
        long = BAR_KPC / frames.kpc
        axes.plot([0.06 * pixels, 0.06 * pixels + long], [0.94 * pixels] * 2, color="white", lw=2)
        axes.text(0.06 * pixels, 0.91 * pixels, f"{BAR_KPC} kpc", color="white", fontsize=8, va="bottom")


def _say_truth(image: pd.Series, dates: Dates, number: int) -> str:
    """Return the true time of an image in words; since the start of the simulation if its class has none."""
    true = dates.target_myr[number]
    return say_myr(true) if np.isfinite(true) else f"{say_myr(image['t_myr'])}\nfrom the start"


def make_movie(
    predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, subset: str | Path, output: str | Path
) -> None:
    """Write the ``typical_sequence`` as an animated picture (WebP): each image above the network's distribution.

    There are MOST_FRAMES at most, evenly spread. ``subset`` is the file of the selected images.
    """
    images = typical_sequence(predictions, classes, split)
    images = images.iloc[np.unique(np.linspace(0, len(images) - 1, MOST_FRAMES).round().astype(int))]
    dates = date_images(predictions.where(images["place"].to_numpy()), classes)
    frames = read_frames(subset, images)
    figure, (above, below) = plt.subplots(2, 1, figsize=(4, 5.2), dpi=100, layout="constrained", height_ratios=(3, 1))
    canvas = FigureCanvasAgg(figure)
    pictures = []
    for number in range(len(images)):
        above.clear()
        below.clear()
        _draw_frame(above, frames, number, bar=True)
        above.set_title(f"true time: {_say_truth(images.iloc[number], dates, number)}".replace("\n", " "), fontsize=11)
        draw_dates(below, dates, number)
        below.set_title(f"the network: {dates.said[number]}", fontsize=11, color=BLUE)
        below.set_xlabel(f"time since the {dates.counts_from} (Myr)", fontsize=9)
        canvas.draw()
        figure.set_layout_engine("none")  # after the first one, all have their places
        pictures.append(Image.fromarray(np.array(canvas.buffer_rgba())[:, :, :3]))
    plt.close(figure)
    durations = [*[FRAME_MS] * (len(pictures) - 1), LAST_FRAME_MS]
    with whole_file(output) as path:
        pictures[0].save(
            path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=70, method=4
        )
