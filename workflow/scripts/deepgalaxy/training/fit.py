"""The training loop."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.training.deal import Dealing
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks import Ranks
from deepgalaxy.training.record import EpochRecord
from deepgalaxy.training.share import Share


class TrainingImages:
    """The training images of one rank, read anew when they are dealt anew."""

    def __init__(self, path: str | Path, dealing: Dealing, rank: int, memory_bytes: int) -> None:
        self.path, self.dealing, self.rank, self.memory_bytes = path, dealing, rank, memory_bytes
        self.share, self.deal = None, None

    def batches(self, epoch: int, batch_size: int) -> tf.data.Dataset:
        """Return the batches of an epoch, counted from 1, and hold the share that they come from."""
        if self.deal != self.dealing.number(epoch):
            self.share = None  # so that two shares are never in memory together
            self.share = Share(self.path, self.dealing.held(self.rank, epoch), self.memory_bytes)
            self.deal = self.dealing.number(epoch)
        return self.share.batches(self.dealing.order(self.rank, epoch, self.share.window), batch_size)


def fit(
    network: keras.Model,
    options: TrainingOptions,
    train: TrainingImages,
    validation: Share,
    ranks: Ranks,
    report: Callable[[EpochRecord], None],
) -> list[EpochRecord]:
    """Train ``network`` in place and return one record for each epoch, each of which is also given to ``report``.

    All ranks start from rank 0's weights; each goes through the images dealt to it, and every step
    applies the gradient averaged over ranks, so that the weights stay equal. After each epoch the moving statistics of
    batch normalisation, which every rank gathers from its own images, are averaged too.

    Raises RuntimeError if the weights of two ranks differ; ValueError if the loss is no longer a number, or if there is
    no such optimizer.
    """
    optimizer = make_optimizer(options)
    optimizer.build(network.trainable_variables)
    ranks.copy_from_first([variable.value for variable in network.variables if _is_float(variable)])
    step, evaluate = train_step(network, optimizer, ranks), evaluation_step(network)

    all_validation = np.arange(len(validation.labels))
    records = []
    for epoch in range(1, options.epochs + 1):
        start = time.perf_counter()
        batches = train.batches(epoch, options.batch_size)
        reload_seconds = time.perf_counter() - start
        start = time.perf_counter()
        sums = _sum_over(step, batches)
        seconds = time.perf_counter() - start
        statistics = [variable for variable in network.non_trainable_variables if _is_float(variable)]
        if statistics:
            for variable, mean in zip(statistics, ranks.average([variable.value for variable in statistics])):
                variable.assign(mean)
        check_equal_weights(network, ranks)

        start = time.perf_counter()
        validation_sums = ranks.total(_sum_over(evaluate, validation.batches(all_validation, options.batch_size)))
        validation_seconds = time.perf_counter() - start
        loss, correct, images = ranks.total(sums)
        if not np.isfinite(loss):
            raise ValueError(f"The loss of epoch {epoch} is not a finite number; lower `learning_rate`.")
        record = EpochRecord(
            epoch=epoch,
            workers=ranks.size,
            images=int(images),
            train_seconds=max(ranks.gather(seconds)),
            reload_seconds=max(ranks.gather(reload_seconds)),
            validation_seconds=max(ranks.gather(validation_seconds)),
            loss=loss / images,
            accuracy=correct / images,
            validation_loss=validation_sums[0] / validation_sums[2],
            validation_accuracy=validation_sums[1] / validation_sums[2],
        )
        report(record)
        records.append(record)
    return records


def make_optimizer(options: TrainingOptions) -> keras.optimizers.Optimizer:
    """Return the optimizer that the options name. Raises ValueError if Keras has none of this name."""
    try:
        return keras.optimizers.get(
            {"class_name": options.optimizer, "config": {"learning_rate": options.learning_rate}}
        )
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Keras has no optimizer {options.optimizer!r}; see https://keras.io/api/optimizers."
        ) from error


def check_equal_weights(network: keras.Model, ranks: Ranks) -> None:
    """Raise RuntimeError unless the weights of all ranks are the same to the last bit."""
    digest = hashlib.sha256()
    for variable in network.variables:
        if _is_float(variable):
            digest.update(variable.numpy().tobytes())
    digests = ranks.gather(digest.hexdigest())
    if len(set(digests)) > 1:
        differing = [rank for rank, other in enumerate(digests) if other != digests[0]]
        raise RuntimeError(f"The weights of rank(s) {differing} differ from those of rank 0; training is stopped.")


def _is_float(variable: keras.Variable) -> bool:
    """Whether a variable is a weight or a statistic, not the state of a random generator."""
    return keras.backend.is_float_dtype(variable.dtype)


def train_step(network: keras.Model, optimizer: keras.optimizers.Optimizer, ranks: Ranks) -> Callable:
    """Return the function of one step: batch in, (sum of losses, number correct, number of images) out."""
    weights = network.trainable_variables

    @tf.function(input_signature=_batch_signature(network))
    def step(images, labels):
        with tf.GradientTape() as tape:
            probabilities = network(images, training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        optimizer.apply(ranks.average(gradients), weights)
        return _sums(losses, labels, probabilities)

    return step


def evaluation_step(network: keras.Model) -> Callable:
    """Return the same as ``train_step`` does, without training."""

    @tf.function(input_signature=_batch_signature(network))
    def step(images, labels):
        probabilities = network(images, training=False)
        return _sums(keras.losses.sparse_categorical_crossentropy(labels, probabilities), labels, probabilities)

    return step


def _batch_signature(network: keras.Model) -> list[tf.TensorSpec]:
    """One signature for every batch size, so that a smaller last batch is not traced anew."""
    images = network.inputs[0]
    return [tf.TensorSpec((None, *images.shape[1:]), images.dtype), tf.TensorSpec((None,), tf.int32)]


def _sums(losses, labels, probabilities):
    correct = tf.equal(tf.argmax(probabilities, axis=1, output_type=tf.int32), labels)
    return tf.stack(
        (
            tf.reduce_sum(tf.cast(losses, tf.float64)),
            tf.reduce_sum(tf.cast(correct, tf.float64)),
            tf.cast(tf.size(labels), tf.float64),
        )
    )


def _sum_over(step: Callable, batches: tf.data.Dataset) -> np.ndarray:
    """Add up what ``step`` returns over all batches: float64 of shape (3,)."""
    total = tf.zeros(3, tf.float64)
    for images, labels in batches:
        total += step(images, labels)
    return total.numpy()
