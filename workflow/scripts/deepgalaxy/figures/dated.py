"""What a network says of the time of images, as figures show it: its distribution over time beneath each image."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.evaluation.calibration import MIDDLE_68
from deepgalaxy.evaluation.predictions import (
    Predictions,
    central_interval,
    time_distribution,
    time_origin,
    timed_classes,
)
from deepgalaxy.figures.style import BLUE, ORANGE, say_myr

SHARE = MIDDLE_68[1] - MIDDLE_68[0]
"""Of a distribution over time, how much lies in the interval that is named."""


@dataclass(frozen=True)
class Dates:
    """The distributions over time of n images.

    ``shares`` (n, m) of the probability between the ``edges_myr`` (m + 1,); what is missing to one is that of classes
    without a time. ``said`` (n,) puts each in words: the expected time and half of the middle 68 %, or the class
    without a time if the image is rather in one. ``target_myr`` (n,) is the true time, NaN if there is none;
    ``counts_from`` says what times count from.
    """

    shares: np.ndarray
    edges_myr: np.ndarray
    said: list[str]
    target_myr: np.ndarray
    counts_from: str

    @property
    def highest(self) -> float:
        """The largest share of any part of time, at least a tenth, so that flat distributions look flat."""
        return max(0.1, float(self.shares.max(initial=0)))


def date_images(predictions: Predictions, classes: pd.DataFrame) -> Dates:
    """Return what a network says of the times of images."""
    distribution, edges_myr = time_distribution(predictions.probabilities, classes)
    low, high = central_interval(distribution, edges_myr, SHARE)
    timed = timed_classes(classes)
    share_timed = predictions.probabilities[:, timed].sum(axis=1)
    names = classes["name"].to_numpy()
    said = []
    for number, expected in enumerate(predictions.expected_myr(classes)):
        if share_timed[number] >= 0.5:
            said.append(say_myr(expected, (high[number] - low[number]) / 2))
        else:
            said.append(str(names[np.where(timed, -1, predictions.probabilities[number]).argmax()]))
    return Dates(distribution * share_timed[:, None], edges_myr, said, predictions.target_myr, time_origin(classes))


def draw_dates(axes: plt.Axes, dates: Dates, number: int) -> None:
    """Draw the distribution over time of one image, with its true time dashed if it has one."""
    axes.stairs(dates.shares[number], dates.edges_myr, fill=True, color=BLUE, alpha=0.8)
    if np.isfinite(dates.target_myr[number]):
        axes.axvline(dates.target_myr[number], ls="--", lw=1.5, color=ORANGE)
    axes.set(xlim=(dates.edges_myr[0], dates.edges_myr[-1]), ylim=(0, 1.05 * dates.highest), yticks=[])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(labelsize=8)
