"""What keeps the networks of several ranks the same."""

import hashlib
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.training.ranks.communicator import Ranks


def is_float(variable: keras.Variable) -> bool:
    """Whether a variable is a weight or a statistic, not the state of a random generator, which is each rank's own."""
    return keras.backend.is_float_dtype(variable.dtype)


def statistics_of(network: keras.Model) -> list[keras.Variable]:
    """Return the moving statistics of a network, which every rank gathers from its own images; without those of layers
    that are not trained, which stay as they are to the last bit."""
    layers = network._flatten_layers()  # noqa: SLF001 - Keras's public list does not look inside networks
    frozen = {id(variable) for layer in layers if not layer.trainable for variable in layer.variables}
    return [each for each in network.non_trainable_variables if is_float(each) and id(each) not in frozen]


def averaged(ranks: Ranks, variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """Return the mean over ranks of some variables."""
    return [mean.numpy() for mean in ranks.average([tf.identity(variable.value) for variable in variables])]


def check_equal_weights(network: keras.Model, ranks: Ranks) -> None:
    """Raise RuntimeError unless the weights of all ranks are the same to the last bit."""
    digest = hashlib.sha256()
    for variable in network.variables:
        if is_float(variable):
            digest.update(variable.numpy().tobytes())
    digests = ranks.gather(digest.hexdigest())
    if len(set(digests)) > 1:
        differing = [rank for rank, other in enumerate(digests) if other != digests[0]]
        raise RuntimeError(f"The weights of rank(s) {differing} differ from those of rank 0; training is stopped.")
