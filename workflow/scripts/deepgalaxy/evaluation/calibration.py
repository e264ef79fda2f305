"""How far predicted probabilities can be trusted."""

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

from deepgalaxy.evaluation.predictions import Predictions

CONFIDENCE_BINS = 15
"""As in Guo et al. 2017, "On Calibration of Modern Neural Networks"."""


def fit_temperature(predictions: Predictions) -> float:
    """Return the temperature in [0.05, 20] that minimises the cross-entropy of predictions.

    It is to be fitted on images neither trained nor tested on (Guo et al. 2017, section 4.2).
    """

    def cross_entropy(logarithm: float) -> float:
        scaled = predictions.with_temperature(np.exp(logarithm)).probabilities
        return log_loss(predictions.label, scaled, labels=np.arange(scaled.shape[1]))

    found = minimize_scalar(cross_entropy, bounds=(np.log(0.05), np.log(20)), method="bounded")
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
