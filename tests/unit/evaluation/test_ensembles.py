"""The mean of what several networks predict of the same images."""

import numpy as np
import pytest

from deepgalaxy.evaluation.ensembles import average_predictions
from deepgalaxy.evaluation.predictions import Predictions

FIRST = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8]], np.float32), np.array([0, 1]), np.array([50.0, 150.0]), np.array([7, 3])
)


def test_the_mean_is_of_the_same_images_in_whatever_order_they_are():
    second = Predictions(
        np.array([[0.4, 0.6], [0.5, 0.5]], np.float32), FIRST.label[::-1], FIRST.target_myr[::-1], FIRST.row[::-1]
    )
    mean = average_predictions([FIRST, second])
    np.testing.assert_allclose(mean.probabilities, [[0.7, 0.3], [0.3, 0.7]], rtol=1e-6)
    assert mean.probabilities.dtype == np.float32
    np.testing.assert_array_equal(mean.row, FIRST.row)
    np.testing.assert_array_equal(mean.label, FIRST.label)


def test_other_images_are_refused():
    other = Predictions(FIRST.probabilities, FIRST.label, FIRST.target_myr, np.array([7, 4]))
    with pytest.raises(ValueError, match="different images"):
        average_predictions([FIRST, other])
