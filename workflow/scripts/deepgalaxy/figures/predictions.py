"""Predictions against the truth."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator

from deepgalaxy.evaluation.calibration import reliability
from deepgalaxy.evaluation.metrics import confusion
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure


def plot_predictions(predictions: Predictions, classes: pd.DataFrame, output: str | Path) -> None:
    """Draw the confusion matrix, the expected against the true time of every test image, and a reliability diagram."""
    figure, (left, right, last) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    shares = left.imshow(confusion(predictions, len(classes)), cmap="viridis", vmin=0, vmax=1, origin="lower")
    figure.colorbar(shares, ax=left, label="share of the true class")
    left.set(xlabel="predicted class", ylabel="true class", title="classes in order of time")
    for axis in (left.xaxis, left.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))

    expected = predictions.expected_myr(classes)
    right.plot(predictions.t_myr, expected, ".", ms=1.5, alpha=0.3, color=GREY, rasterized=True)
    times = np.unique(predictions.t_myr)
    low, middle, high = np.array([np.percentile(expected[predictions.t_myr == t], (16, 50, 84)) for t in times]).T
    right.fill_between(times, low, high, color=BLUE, alpha=0.3, lw=0, label="68 % of images")
    right.plot(times, middle, color=BLUE, label="median")
    right.plot(times[[0, -1]], times[[0, -1]], "--", color=ORANGE, label="perfect")
    right.set(xlabel="true time (Myr)", ylabel="expected time (Myr)")
    right.legend(frameon=False)

    confidence, accuracy, count = reliability(predictions)
    last.plot([0, 1], [0, 1], "--", color=ORANGE, label="perfect")
    last.plot(confidence, accuracy, color=BLUE, lw=1)
    last.scatter(confidence, accuracy, s=200 * count / count.max(), color=BLUE, label="area: number of images")
    last.set(xlabel="probability of the predicted class", ylabel="accuracy", xlim=(0, 1.05), ylim=(0, 1.05))
    last.legend(frameon=False, loc="upper left")
    save_figure(figure, output)
