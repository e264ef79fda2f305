"""How far predicted probabilities can be trusted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions, given_times, places_in_time, scaled_logarithms

CONFIDENCE_BINS = 15
"""As in Guo et al. 2017, "On Calibration of Modern Neural Networks"."""

TEMPERATURES = (0.05, 1000.0)
"""Limits of a temperature. At the upper one, even a class of probability 0 is nearly as probable as all others."""

MIDDLE_68 = (0.16, 0.84)
"""Between which levels of a distribution its middle 68 % lie."""


def fit_temperature(predictions: Predictions) -> float:
    """Return the temperature, within TEMPERATURES, that minimises the cross-entropy of predictions.

    It is to be fitted on images neither trained nor tested on (Guo et al. 2017, section 4.2).
    """
    from scipy.optimize import minimize_scalar  # whose import takes long

    images = np.arange(len(predictions.label))

    def cross_entropy(logarithm: float) -> float:
        logarithms = scaled_logarithms(predictions.probabilities, np.exp(logarithm))
        return -logarithms[images, predictions.label].mean()

    found = minimize_scalar(cross_entropy, bounds=np.log(TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def reliability(predictions: Predictions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean confidence, the accuracy and the number of images in equal bins of confidence, if not empty."""
    confidence, right = predictions.confidence, predictions.right
    index = np.minimum((confidence * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    count = np.bincount(index, minlength=CONFIDENCE_BINS)
    filled = count > 0
    sums = [np.bincount(index, weights, CONFIDENCE_BINS)[filled] for weights in (confidence, right)]
    return sums[0] / count[filled], sums[1] / count[filled], count[filled]


def expected_calibration_error(predictions: Predictions) -> float:
    """Return the mean difference between confidence and accuracy over the images, by bins of confidence.

    Guo et al. 2017, equation 3.
    """
    confidence, accuracy, count = reliability(predictions)
    return float(np.average(np.abs(confidence - accuracy), weights=count))


def share_between(predictions: Predictions, classes: pd.DataFrame, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the shares of the images, float64 (k,), whose true time lies between the ``levels``, (k + 1,) increasing
    in [0, 1], of the predicted distribution over time; all images have a class with a time.

    This is the probability integral transform. A distribution over classes rises by the probability of the true class
    at once, and the level of the image is drawn anywhere within this step (randomised transform: Smith 1985, J.
    Forecasting 4, 283); here the mean over all draws is taken, and nothing has to be drawn (Czado, Gneiting & Held
    2009, Biometrics 65, 1254). If the probabilities of the classes are calibrated, however many and wide these are, the
    share is expected to be the difference of the levels. A step of no height, of an image whose true class has the
    probability 0, is in the part that begins at its level.
    """
    distribution = given_times(predictions.probabilities, classes)
    images = np.arange(len(predictions.label))
    place = places_in_time(classes)[1][predictions.label]
    height = distribution[images, place][:, None]
    start = (np.cumsum(distribution, axis=1)[images, place][:, None] - height).clip(0, 1)
    level = np.array(levels)
    at_once = ((level > start) | (level >= 1)).astype(float)
    reached = np.divide(level - start, height, out=at_once, where=height > 0).clip(0, 1)
    return np.diff(reached.mean(axis=0))
