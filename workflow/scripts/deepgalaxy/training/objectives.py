"""What is trained: the loss of each image, for a classifier, an autoencoder, or a variational autoencoder of its maps.

Losses are of each image by itself, so that means over images, batches and ranks are exact.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import keras
import tensorflow as tf

from deepgalaxy.encoder.networks import log_likelihood_bound
from deepgalaxy.targets import Target, all_columns
from deepgalaxy.training.property_loss import PropertyLoss
from deepgalaxy.training.record import ACCURACY


class Losses(NamedTuple):
    """What an objective says of n images, all float32 (n,): what is ``trained``, that is what gradients are taken of;
    the ``loss`` and the ``second`` value that are reported; and the weighted losses of ``properties``, if there are
    any."""

    trained: tf.Tensor
    loss: tf.Tensor
    second: tf.Tensor
    properties: tf.Tensor | None = None


class Objective(Protocol):
    """From a network and a batch to Losses; ``second_name`` is what the second value is called, ``labels`` the form of
    a batch's labels, which come with the properties of ``columns``."""

    second_name: str
    labels: tf.TensorSpec
    columns: Sequence[str]

    def __call__(self, network: keras.Model, images: tf.Tensor, labels: tf.Tensor, /, training: bool) -> Losses:
        """Return the losses of ``images`` (n, pixels, pixels, 1), as they are in a prepared file."""


class Classification:
    """The cross-entropy of the classes in nats; the second value is 1 for a right answer and 0 for a wrong one.

    Labels are int32 (n,), or with ``targets`` float32 (n, 1 + columns), label and properties (``Shard``). In training,
    a part ``label_smoothing`` of each label is spread over all classes (Szegedy et al. 2016, CVPR).
    """

    second_name = ACCURACY

    def __init__(self, targets: Sequence[Target] = (), label_smoothing: float = 0.0) -> None:
        self.columns: Sequence[str] = all_columns(targets)
        self._label_smoothing = label_smoothing
        self.labels = tf.TensorSpec((None,), tf.int32)
        if self.columns:
            self.labels = tf.TensorSpec((None, 1 + len(self.columns)), tf.float32)
        self._loss = PropertyLoss(targets) if any(target.learnt for target in targets) else None

    def __call__(self, network: keras.Model, images: tf.Tensor, labels: tf.Tensor, /, training: bool) -> Losses:
        """Return the losses of images, as Objective says."""
        outputs, others = network(images, training=training), None
        classes = tf.cast(labels[:, 0], tf.int32) if self.columns else labels
        if self._loss:
            others = self._loss(outputs, labels[:, 1:])
        probabilities = outputs["probabilities"] if self._loss else outputs
        losses = trained = keras.losses.sparse_categorical_crossentropy(classes, probabilities)
        if self._label_smoothing and training:
            spread = tf.one_hot(classes, probabilities.shape[1])
            trained = keras.losses.categorical_crossentropy(
                spread, probabilities, label_smoothing=self._label_smoothing
            )
        right = tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), classes)
        trained = trained if others is None else trained + others
        return Losses(trained, losses, tf.cast(right, tf.float32), others)


class Reconstruction:
    """The mean absolute difference of an autoencoder's image from the one that it was given, in brightness from 0 to 1;
    the second value is the mean squared difference. Noise that the network adds is not part of what it is to find."""

    second_name = "squared_difference"
    labels = tf.TensorSpec((None,), tf.int32)
    columns: Sequence[str] = ()

    def __call__(self, network: keras.Model, images: tf.Tensor, _labels: tf.Tensor, /, training: bool) -> Losses:
        """Return the losses of images, as Objective says."""
        brightness = tf.cast(images, tf.float32) / (255 if images.dtype == tf.uint8 else 1)
        difference = network(images, training=training) - brightness
        axes = (1, 2, 3)
        losses = tf.reduce_mean(tf.abs(difference), axis=axes)
        return Losses(losses, losses, tf.reduce_mean(tf.square(difference), axis=axes))


class LatentBound:
    """The evidence lower bound of a variational autoencoder of activation maps, with its sign changed, in nats and up
    to a constant (``log_likelihood_bound``); the second value is the rate, a part of it."""

    second_name = "rate"
    labels = tf.TensorSpec((None,), tf.int32)
    columns: Sequence[str] = ()

    def __call__(self, network: keras.Model, images: tf.Tensor, _labels: tf.Tensor, /, training: bool) -> Losses:
        """Return the losses of images, as Objective says."""
        bound, rate = log_likelihood_bound(network(images, training=training))
        return Losses(bound, bound, rate)
