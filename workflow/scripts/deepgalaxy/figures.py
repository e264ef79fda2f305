"""Figures of the report. They carry no date, so that the same results give the same files."""

import json
from pathlib import Path

import h5py
import matplotlib
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from skimage.util import montage

from deepgalaxy.cameras import CAMERA_COUNT
from deepgalaxy.files import whole_file
from deepgalaxy.image_file import images_name, parse_group_name, times_name
from deepgalaxy.metrics import Predictions, confusion, expected_time

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "deepgalaxy"  # otherwise element names are random

# Okabe & Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"


def _save(figure: plt.Figure, output: str | Path) -> None:
    with whole_file(output) as path:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def plot_contact_sheet(dataset: str | Path, output: str | Path, columns: int = 10) -> None:
    """Draw one merger of an image file, the one nearest to equal galaxies: times across, all cameras down."""
    with h5py.File(dataset) as file:
        name = min(file, key=lambda group: np.abs(np.log(parse_group_name(group))).sum())
        group = file[name]
        t_myr = group[times_name(0)][:]
        chosen = np.unique(np.linspace(0, len(t_myr) - 1, columns).round().astype(int))
        cameras = [camera for camera in range(CAMERA_COUNT) if images_name(camera) in group]
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
    passages = ", ".join(f"{t:g}" for t in pericentres)
    axes.set_title(name + (f" — pericentres at {passages} Myr" if passages else ""), fontsize=10)
    _save(figure, output)


def plot_training(epochs: str | Path, output: str | Path) -> None:
    """Draw loss and accuracy over the epochs of one run, for training and validation."""
    records = pd.DataFrame([json.loads(line) for line in Path(epochs).read_text().splitlines()])
    figure, panels = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axes, quantity, unit in zip(panels, ("loss", "accuracy"), (" (cross-entropy, nats)", "")):
        axes.plot(records["epoch"], records[quantity], "-o", ms=3, color=BLUE, label="training")
        axes.plot(records["epoch"], records[f"validation_{quantity}"], "--s", ms=3, color=ORANGE, label="validation")
        axes.set(xlabel="epoch", ylabel=quantity + unit)
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].legend(frameon=False)
    _save(figure, output)


def plot_predictions(predictions: Predictions, classes: pd.DataFrame, output: str | Path) -> None:
    """Draw the confusion matrix, and the expected against the true time of every test image."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8), layout="constrained")
    shares = left.imshow(confusion(predictions, len(classes)), cmap="viridis", vmin=0, vmax=1, origin="lower")
    figure.colorbar(shares, ax=left, label="share of the true class")
    left.set(xlabel="predicted class", ylabel="true class", title="classes in order of time")

    expected = expected_time(predictions.probabilities, classes["t_centre_myr"].to_numpy())
    right.plot(predictions.t_myr, expected, ".", ms=1.5, alpha=0.3, color=GREY, rasterized=True)
    times = np.unique(predictions.t_myr)
    low, middle, high = np.array([np.percentile(expected[predictions.t_myr == t], (16, 50, 84)) for t in times]).T
    right.fill_between(times, low, high, color=BLUE, alpha=0.3, lw=0, label="68 % of images")
    right.plot(times, middle, color=BLUE, label="median")
    right.plot(times[[0, -1]], times[[0, -1]], "--", color=ORANGE, label="perfect")
    right.set(xlabel="true time (Myr)", ylabel="expected time (Myr)")
    right.legend(frameon=False)
    _save(figure, output)
