"""What a trained network makes of an image before it decides on a class."""

from collections.abc import Sequence

import keras
import numpy as np

from deepgalaxy.logs import progress
from deepgalaxy.predict import BATCH_SIZE


def feature_network(network: keras.Model) -> keras.Model:
    """Return the part of a network from images to features, (n, features): the input of its last layers with weights.

    That layer may be in a network within the network, as long as this one takes what the layer before it gives, as all
    that ``build_network`` makes do. The weights are shared, not copied.
    """
    features = keras.layers.Flatten()(_input_of_the_last_weights(network))
    return keras.Model(network.inputs, features, name="features")


def _input_of_the_last_weights(network: keras.Model) -> keras.KerasTensor:
    """Return the symbolic input of the last layer with trainable weights."""
    number, last = [(number, layer) for number, layer in enumerate(network.layers) if layer.trainable_weights][-1]
    if not isinstance(last, keras.Model):
        return last.input
    inner = keras.Model(last.inputs, _input_of_the_last_weights(last))
    return inner(network.layers[number - 1].output)


def apply_network(network: keras.Model, images: Sequence[np.ndarray], count: int, what: str) -> np.ndarray:
    """Return what ``network`` gives for the first ``count`` of ``images`` (n, pixels, pixels, 1): float32, (count, m).

    The images may be a dataset of an HDF5 file; they are read batch by batch. ``what`` names them in the log.
    """
    outputs = np.empty((count, network.output_shape[1]), np.float32)
    for start in progress(range(0, count, BATCH_SIZE), count, what, amount=lambda start: BATCH_SIZE):
        batch = slice(start, min(start + BATCH_SIZE, count))
        outputs[batch] = network.predict_on_batch(images[batch])
    return outputs
