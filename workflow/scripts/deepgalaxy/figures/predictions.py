"""Predictions against the truth."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.evaluation.calibration import reliability
from deepgalaxy.evaluation.metrics import confusion
from deepgalaxy.evaluation.predictions import Predictions, time_origin
from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure

MOST_NAMES = 14
"""Names of classes along an axis; with more classes, so many of them are named."""


def plot_predictions(predictions: Predictions, classes: pd.DataFrame, output: str | Path) -> None:
    """Draw the confusion matrix, the expected against the true time of every test image that has one, and a reliability
    diagram.

    The median and the middle 68 % of the expected times are those of the images of each class, drawn at the mean of
    their true times.
    """
    figure, (left, right, last) = plt.subplots(1, 3, figsize=(12, 4.6), layout="constrained")
    shares = left.imshow(confusion(predictions, len(classes)), cmap="viridis", vmin=0, vmax=1, origin="lower")
    figure.colorbar(shares, ax=left, label="share of the true class")
    left.set(xlabel="predicted class", ylabel="true class")
    named = np.unique(np.linspace(0, len(classes) - 1, min(MOST_NAMES, len(classes))).round().astype(int))
    left.set_xticks(named, classes["name"].iloc[named], rotation=90, fontsize=7)
    left.set_yticks(named, classes["name"].iloc[named], fontsize=7)

    dated = predictions.where(predictions.timed)
    images = pd.DataFrame({"time": dated.target_myr, "expected": dated.expected_myr(classes)})
    right.plot(images["time"], images["expected"], ".", ms=1.5, alpha=0.3, color=GREY, rasterized=True)
    of_class = images.groupby(classes["t_centre_myr"].to_numpy()[dated.label])
    times = of_class["time"].mean()
    low, middle, high = (of_class["expected"].quantile(share) for share in (0.16, 0.5, 0.84))
    right.fill_between(times, low, high, color=BLUE, alpha=0.3, lw=0, label="68 % of the images of a class")
    right.plot(times, middle, color=BLUE, label="median")
    ends = images["time"].agg(["min", "max"])
    right.plot(ends, ends, "--", color=ORANGE, label="perfect")
    since = f"since the {time_origin(classes)} (Myr)"
    right.set(xlabel=f"true time {since}", ylabel=f"expected time\n{since}")
    right.legend(frameon=False)

    confidence, accuracy, count = reliability(predictions)
    last.plot([0, 1], [0, 1], "--", color=ORANGE, label="perfect")
    last.plot(confidence, accuracy, color=BLUE, lw=1)
    last.scatter(confidence, accuracy, s=200 * count / count.max(), color=BLUE, label="area: number of images")
    last.set(xlabel="probability of the predicted class", ylabel="accuracy", xlim=(0, 1.05), ylim=(0, 1.05))
    last.legend(frameon=False, loc="upper left")
    save_figure(figure, output)
