"""Run under mpirun by test_exchange.py: take some steps or train, and save the trainable weights of each rank."""

import argparse
import sys

import h5py
import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Shard, TrainingImages
from deepgalaxy.training.fit import Training
from deepgalaxy.training.network import build_backbone, build_network
from deepgalaxy.training.objectives import Classification, LatentBound, Reconstruction
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.communicator import join_ranks
from deepgalaxy.training.stages import channel_statistics
from deepgalaxy.training.steps import TrainingStep, make_optimizer

PIXELS, CLASSES, IMAGES = 8, 3, 32


def some_images(seed, count):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, PIXELS, PIXELS, 1), np.uint8)
    return images, rng.integers(CLASSES, size=count).astype(np.int32)


def few_steps(ranks, _output, batch_norm=False, **options):
    """Apply three gradients of the same 32 images, dealt out over the ranks and, on few ranks, over several batches."""
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((PIXELS, PIXELS, 1), dtype="uint8"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(8, 3, activation="relu"),
            *([keras.layers.BatchNormalization()] if batch_norm else []),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    images, labels = some_images(1, IMAGES)
    mine = slice(ranks.rank * IMAGES // ranks.size, (ranks.rank + 1) * IMAGES // ranks.size)
    options = TrainingOptions("", epochs=1, batch_size=8, optimizer="sgd", **options)
    step = TrainingStep(network, make_optimizer(options), ranks, options)
    for _ in range(3):
        *first, last = np.array_split(np.arange(IMAGES)[mine], options.gradient_accumulation)
        for part in first:
            step.accumulate(images[part], labels[part])
        step.update(images[last], labels[last], 0.5, np.zeros(2, np.float32))
    return network


def accumulated(ranks, output):
    """On one rank four batches to an update, on four ranks one."""
    return few_steps(ranks, output, gradient_accumulation=4 // ranks.size)


def compressed(ranks, output):
    """Exchange gradients as float16, whose sum over ranks may be too large for it, if the mean is not."""
    (mean,) = ranks.average([tf.constant([40_000.0, -60_000.0])], halve=True)
    np.testing.assert_allclose(mean, [40_000, -60_000], rtol=1e-3)
    return few_steps(ranks, output, gradient_accumulation=4 // ranks.size, gradient_compression=True)


def bucketed(ranks, output):
    """Exchange gradients in buckets so small that each holds one or two, and all at once."""
    buckets, whole = (few_steps(ranks, output, exchange_bucket_mib=size) for size in (64 / 2**20, 0))
    for one, other in zip(buckets.get_weights(), whole.get_weights()):
        np.testing.assert_array_equal(one, other)
    return buckets


def synchronised(ranks, output):
    """Normalise over all ranks."""
    return few_steps(ranks, output, batch_norm=True, synchronised_batch_norm=True)


def unsynchronised(ranks, output):
    """Normalise each rank's batch by itself."""
    return few_steps(ranks, output, batch_norm=True)


def different_everything(ranks, output):
    """Train from other initial weights and on other images on every rank."""
    keras.utils.set_random_seed(100 + ranks.rank)
    options = TrainingOptions("reference_cnn", epochs=2, batch_size=8, noise=0.1, mirror=True)
    network = build_network(options, PIXELS, "uint8", CLASSES)
    before = [weight.numpy().tobytes() for weight in network.trainable_variables]
    assert len(set(ranks.gather(before[0]))) == ranks.size, "the ranks were to start from different weights"
    path = f"{output}.{ranks.rank}.hdf5"
    with h5py.File(path, "w") as file:
        file["images"], file["label"] = some_images(200 + ranks.rank, 20)
    train = TrainingImages(path, Dealing(20, 1, 0, ranks.rank), 0, 2**20)
    Training(network, options, train, Shard(path, [slice(0, 20)], 2**20), ranks).run()
    return network


def without_chance(network):
    """Let nothing in a network depend on the batch or on chance."""
    for layer in network._flatten_layers():  # noqa: SLF001
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        for amount in ("rate", "stddev"):
            if isinstance(layer, keras.layers.Dropout | keras.layers.GaussianNoise) and hasattr(layer, amount):
                setattr(layer, amount, 0.0)
    return network


def an_autoencoder(options):
    return build_autoencoder(build_backbone(options, 2 * PIXELS), 2 * PIXELS, "uint8", (4, 4, 4, 4))


def a_stage(ranks, output, objective, build):
    """Apply three gradients of an objective to the same 32 images, dealt out over the ranks in one batch each."""
    keras.utils.set_random_seed(1)
    options = TrainingOptions("reference_cnn", epochs=1, batch_size=IMAGES // ranks.size, optimizer="sgd")
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (IMAGES, 2 * PIXELS, 2 * PIXELS, 1), np.uint8)
    labels = rng.integers(CLASSES, size=IMAGES).astype(np.int32)
    network = without_chance(build(ranks, output, options, images, labels))
    step = TrainingStep(network, make_optimizer(options), ranks, options, objective)
    mine = slice(ranks.rank * IMAGES // ranks.size, (ranks.rank + 1) * IMAGES // ranks.size)
    for _ in range(3):
        sums, *_ = step.update(images[mine], labels[mine], 0.01, np.zeros(2, np.float32))
    assert np.isfinite(ranks.total(sums.numpy())).all()
    return network


def classified(ranks, output):
    def build(_ranks, _output, options, *_):
        return build_network(options, 2 * PIXELS, "uint8", CLASSES)

    return a_stage(ranks, output, Classification(), build)


def reconstructed(ranks, output):
    def build(_ranks, _output, options, *_):
        return an_autoencoder(options)

    return a_stage(ranks, output, Reconstruction(), build)


def compressed_maps(ranks, output):
    """Maps are standardised over the images of all ranks."""

    def build(ranks, output, options, images, labels):
        autoencoder = without_chance(an_autoencoder(options))
        path = f"{output}.{ranks.rank}.hdf5"
        with h5py.File(path, "w") as file:
            file["images"], file["label"] = images, labels
        data = argparse.Namespace(train=path, training_images=IMAGES)
        mean, variance = channel_statistics(autoencoder.get_layer("encoder"), data, ranks, 1)
        maps = autoencoder.get_layer("encoder").predict_on_batch(images)
        np.testing.assert_allclose(mean, maps.mean(axis=(0, 1, 2)), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(variance, maps.var(axis=(0, 1, 2)), rtol=1e-3, atol=1e-6 * variance.max())
        return build_variational(autoencoder, mean, variance, latent=3, hidden=8)

    return a_stage(ranks, output, LatentBound(), build)


if __name__ == "__main__":
    workers, directory, *chosen = sys.argv[1:]
    ranks = join_ranks(int(workers))
    runs = (accumulated, bucketed, compressed, synchronised, unsynchronised, different_everything)
    runs += (classified, reconstructed, compressed_maps)
    for what in chosen:
        keras.utils.clear_session()  # which counts the names of layers from the beginning
        output = f"{directory}/{what}-{workers}"
        network = {run.__name__: run for run in runs}[what](ranks, output)
        names = [variable.path for variable in network.trainable_variables]
        np.savez(f"{output}.{ranks.rank}.npz", **dict(zip(names, (v.numpy() for v in network.trainable_variables))))
