"""Several trainings that differ only in their seeds as one: the mean of what they predict."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deepgalaxy.evaluation.predictions import Predictions


def average_predictions(predictions: Sequence[Predictions]) -> Predictions:
    """Return the mean of the probabilities that several networks give to the same images (Lakshminarayanan, Pritzel &
    Blundell 2017, arXiv 1612.01474), in the order of the first.

    Raises ValueError if they are of different images.
    """
    first = predictions[0]
    order = np.argsort(first.row)
    mean = np.zeros(first.probabilities.shape)
    for network in predictions:
        other = np.argsort(network.row)
        if not np.array_equal(network.row[other], first.row[order]):
            raise ValueError("The repeats have predicted different images; predict these again from the same split.")
        mean[order] += network.probabilities[other]
    return replace(first, probabilities=(mean / len(predictions)).astype(first.probabilities.dtype))
