"""The loss of what a network predicts besides the class."""

import math
from collections.abc import Mapping, Sequence

import tensorflow as tf

from deepgalaxy.targets import AXIS, BASIS, HISTOGRAM, Target, places_of


class PropertyLoss:
    """The mean of the weighted losses of a network's heads, for each image by itself.

    A head's loss is the cross-entropy to a label that is smeared over the bins (Imani & White 2018, ICML), the
    cross-entropy of true and false, or the squared distance of five numbers. An image of which the property is not
    known has none. The weights are divided by the share of the training images of which it is known, which is fixed:
    so the mean over many images is nearly that over the known ones, and the mean over ranks is that over all images.
    It is the mean over the heads, so that all of them together weigh about as much as the class.
    """

    def __init__(self, targets: Sequence[Target]) -> None:
        self._places = [(target, place) for target, place in places_of(targets) if target.learnt]
        self.columns = sum(len(target.columns) for target in targets)

    def __call__(self, outputs: Mapping[str, tf.Tensor], properties: tf.Tensor) -> tf.Tensor:
        """Return the loss of each image, float32 (n,), by ``outputs``, (n, m) of each head, and the true
        ``properties``, (n, columns), NaN where unknown."""
        total = tf.zeros(tf.shape(properties)[:1])
        for target, place in self._places:
            true, given = properties[:, place], outputs[target.name]
            known = tf.reduce_all(tf.math.is_finite(true), axis=1)
            # NaN may not even stand where it is not chosen, or the gradient is NaN.
            losses = _losses(target, tf.where(known[:, None], true, 0.0), given)
            total += target.weight / target.known * tf.where(known, losses, 0.0)
        return total / max(1, len(self._places))


def _losses(target: Target, true: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """Return the loss of each image, (n,), without weight: ``true`` (n, columns), ``given`` (n, m)."""
    if target.kind == AXIS:
        matrix = tf.reshape(true[:, :, None] * true[:, None, :], (-1, 9))
        five = tf.matmul(matrix, tf.constant(BASIS.T, tf.float32))
        return tf.reduce_sum(tf.math.squared_difference(given, five), axis=1)
    label = smeared_labels(true[:, 0], target) if target.kind == HISTOGRAM else tf.concat((1 - true, true), axis=1)
    return -tf.reduce_sum(label * tf.math.log(tf.maximum(given, 1e-7)), axis=1)


def smeared_labels(values: tf.Tensor, target: Target) -> tf.Tensor:
    """Return what ``deepgalaxy.targets.smeared`` does, (n, bins), within TensorFlow; ``values`` (n,) are known."""
    within = tf.clip_by_value(values, target.lower, target.upper)[:, None]
    edges = tf.constant(target.edges, tf.float32)[None]
    below = 0.5 * tf.math.erfc((within - edges) / (target.smear * math.sqrt(2)))
    shares = below[:, 1:] - below[:, :-1]
    return shares / tf.reduce_sum(shares, axis=1, keepdims=True)
