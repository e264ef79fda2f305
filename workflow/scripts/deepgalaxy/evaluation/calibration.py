"""How far predicted probabilities can be taken at their word."""

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss

CONFIDENCE_BINS = 15
"""As in Guo et al. 2017, "On Calibration of Modern Neural Networks"."""


def fit_temperature(probabilities: np.ndarray, label: np.ndarray) -> float:
    """Return the temperature in [0.05, 20] that minimises the cross-entropy of probabilities (n, classes).

    It is to be fitted on images neither trained nor tested on (Guo et al. 2017, section 4.2).
    """

    def cross_entropy(logarithm: float) -> float:
        scaled = apply_temperature(probabilities, np.exp(logarithm))
        return log_loss(label, scaled, labels=np.arange(probabilities.shape[1]))

    found = minimize_scalar(cross_entropy, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return float(np.exp(found.x))


def apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities (n, classes), float64, after their logarithms are divided by ``temperature``.

    The network's own logits differ from these logarithms by a constant for each image, which cancels.
    """
    logits = np.log(np.maximum(probabilities.astype(float), 1e-12)) / temperature
    scaled = np.exp(logits - logits.max(axis=1, keepdims=True))
    return scaled / scaled.sum(axis=1, keepdims=True)


def reliability(probabilities: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean confidence, the accuracy and the number of images in equal bins of confidence, if not empty.

    Confidence is the probability of the most probable class.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == label
    index = np.minimum((confidence * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    count = np.bincount(index, minlength=CONFIDENCE_BINS)
    filled = count > 0
    sums = [np.bincount(index, weights, CONFIDENCE_BINS)[filled] for weights in (confidence, right)]
    return sums[0] / count[filled], sums[1] / count[filled], count[filled]


def expected_calibration_error(probabilities: np.ndarray, label: np.ndarray) -> float:
    """Return the mean difference between confidence and accuracy over the images, by bins of confidence.

    Guo et al. 2017, equation 3.
    """
    confidence, accuracy, count = reliability(probabilities, label)
    return float(np.average(np.abs(confidence - accuracy), weights=count))
