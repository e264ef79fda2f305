"""The functions that TensorFlow runs for each batch.

They are traced without AutoGraph: none needs it, and it takes seconds to translate Horovod's code.
"""

import math
import time
from collections.abc import Callable, Iterable
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from deepgalaxy.training.network import batch_normalisations
from deepgalaxy.training.objectives import Classification, Losses, Objective
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.buckets import buckets
from deepgalaxy.training.ranks.communicator import Ranks


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Return the optimizer that the options name, with scaling of the loss if gradients are float16.

    Raises ValueError if it does not take the parameters.
    """
    kind = type(keras.optimizers.get(options.optimizer))
    try:
        optimizer = kind(learning_rate=options.learning_rate, **options.optimizer_parameters)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`optimizer_parameters` does not fit {options.optimizer}: {error}") from error
    return keras.optimizers.LossScaleOptimizer(optimizer) if options.precision == "mixed_float16" else optimizer


class TrainingStep:
    """One batch of training on every rank, in two kinds: ``accumulate`` adds to the gradients of an update, ``update``
    completes one, exchanges the gradients and applies their mean.

    Every image of an update has the same weight.
    ``buckets`` are the groups in which an update's tensors travel (``deepgalaxy.training.ranks.buckets``): 0 means the
    votes, n the gradient of weight n - 1.
    """

    def __init__(
        self,
        network: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        ranks: Ranks,
        options: TrainingOptions,
        objective: Objective | None = None,
    ) -> None:
        self._network, self._optimizer, self._ranks, self._options = network, optimizer, ranks, options
        optimizer.build(network.trainable_variables)
        self._weights = network.trainable_variables
        self._waiting = []
        if options.gradient_accumulation > 1:
            self._waiting = [tf.Variable(tf.zeros(weight.shape), trainable=False) for weight in self._weights]
        self._waiting_images = tf.Variable(0.0, trainable=False)
        if options.synchronised_batch_norm:
            _synchronise(batch_normalisations(network), ranks)
        self._objective = objective or Classification(label_smoothing=options.label_smoothing)
        batch = batch_signature(network, self._objective)
        rate, votes = tf.TensorSpec((), tf.float32), tf.TensorSpec((2,), tf.float32)
        sizes = [4 * math.prod(exchanged.shape) for exchanged in (votes, *self._weights)]
        self.buckets = buckets(sizes, options.exchange_bucket_mib * 2**20)
        self._gradients = self._take_gradients
        if options.xla:
            self._gradients = tf.function(self._take_gradients, jit_compile=True, autograph=False)
        self.accumulate = tf.function(self._accumulate, input_signature=batch, autograph=False)
        self.update = tf.function(self._update, input_signature=[*batch, rate, votes], autograph=False)

    def _take_gradients(self, images: tf.Tensor, labels: tf.Tensor) -> tuple[list[tf.Tensor], tf.Tensor]:
        """Return the gradients of a batch's mean loss, and its sums."""
        with tf.GradientTape() as tape:
            losses = self._objective(self._network, images, labels, training=True)
            loss = self._optimizer.scale_loss(tf.reduce_mean(losses.trained))
        gradients = tape.gradient(loss, [weight.value for weight in self._weights])
        return gradients, _sums(losses)

    def _accumulate(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Take a batch without an update. Returns its sums, as in Sums."""
        gradients, sums = self._gradients(images, labels)
        count = tf.cast(sums[2], tf.float32)
        for waiting, gradient in zip(self._waiting, gradients):
            waiting.assign_add(gradient * count)
        self._waiting_images.assign_add(count)
        return sums

    def _update(
        self, images: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, votes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Take a batch, and then an update at the learning ``rate``, with all batches since the last one.

        Returns its sums, the seconds of the exchange, and the mean over ranks of their ``votes``, which travel with
        the gradients and so cost nothing.
        """
        gradients, sums = self._gradients(images, labels)
        if self._waiting:
            count = tf.cast(sums[2], tf.float32)
            total = self._waiting_images + count
            gradients = [(waiting + gradient * count) / total for waiting, gradient in zip(self._waiting, gradients)]
            with tf.control_dependencies(gradients):
                for variable in (*self._waiting, self._waiting_images):
                    variable.assign(tf.zeros_like(variable))
        averaged, votes, seconds = self._exchange(gradients, sums, votes)
        inner = getattr(self._optimizer, "inner_optimizer", self._optimizer)
        inner.learning_rate.assign(rate)
        self._optimizer.apply(averaged, self._weights)
        return sums, seconds, votes

    def _exchange(
        self, gradients: list[tf.Tensor], sums: tf.Tensor, votes: tf.Tensor
    ) -> tuple[list[tf.Tensor], tf.Tensor, tf.Tensor]:
        """Return the means over ranks of gradients and votes, and how long this took from when all own gradients were
        there; nothing for a single rank.

        The clock takes about a millisecond itself, so it is read only where there is something to measure.
        """
        if self._ranks.size == 1:
            return gradients, votes, tf.zeros((), tf.float64)
        with tf.control_dependencies([*gradients, sums]):
            start = _now()
        own = [votes, *gradients]
        means: dict[int, tf.Tensor] = {}
        for bucket in self.buckets:
            together = self._ranks.average([own[place] for place in bucket], self._options.gradient_compression)
            means.update(zip(bucket, together))
        votes, *averaged = (means[place] for place in range(len(own)))
        with tf.control_dependencies([*averaged, start]):
            return averaged, votes, _now() - start


def evaluation_step(network: keras.Model, objective: Objective) -> Callable:
    """Return the function of a batch of validation: batch in, its sums out, as in Sums."""

    @tf.function(input_signature=batch_signature(network, objective), autograph=False)
    def step(images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return _sums(objective(network, images, labels, training=False))

    return step


def batch_signature(network: keras.Model, objective: Objective) -> list[tf.TensorSpec]:
    """Return one signature for batches of every size, so that a smaller last batch is not traced anew."""
    images = network.inputs[0]
    return [tf.TensorSpec((None, *images.shape[1:]), images.dtype), objective.labels]


def _now() -> tf.Tensor:
    """Return the time in seconds when TensorFlow gets here; tf.timestamp is refused among deterministic operations."""
    return tf.ensure_shape(tf.numpy_function(lambda: np.float64(time.perf_counter()), [], tf.float64), ())


def _sums(losses: Losses) -> tf.Tensor:
    """Return what Sums says of a batch."""
    count = tf.cast(tf.size(losses.loss), tf.float64)
    sums = [tf.reduce_sum(tf.cast(values, tf.float64)) for values in (losses.loss, losses.second)]
    others = losses.properties
    return tf.stack(
        (*sums, count, tf.zeros((), tf.float64) if others is None else tf.reduce_sum(tf.cast(others, tf.float64)))
    )


def _synchronise(normalisations: list[layers.BatchNormalization], ranks: Ranks) -> None:
    """Let layers normalise, in training, by mean and variance over the equal batches of all ranks.

    Keras's own ``synchronized`` serves tf.distribute only. What is replaced belongs to these objects, not to their
    class, so that a saved network knows nothing of it.
    """

    def moments(
        layer: layers.BatchNormalization, inputs: tf.Tensor, _mask: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        axes = [axis for axis in range(len(inputs.shape)) if axis != layer.axis % len(inputs.shape)]
        mean, square = tf.reduce_mean(inputs, axes), tf.reduce_mean(tf.square(inputs), axes)
        mean, square = ranks.average([mean, square])
        return mean, square - tf.square(mean)

    for layer in normalisations:
        layer._moments = partial(moments, layer)  # noqa: SLF001 - Keras has no public way


def sum_over(
    step: Callable, batches: Iterable[tuple[tf.Tensor, tf.Tensor]], heartbeat: Callable[[], None]
) -> np.ndarray:
    """Add up what ``step`` returns over all batches, float64 (4,) as in Sums, calling ``heartbeat`` after each."""
    total = tf.zeros(4, tf.float64)
    for images, labels in batches:
        total += step(images, labels)
        heartbeat()
    return total.numpy()
