"""What is trained by each objective: which network, and by which loss."""

import argparse
from collections.abc import Callable
from dataclasses import fields

import keras
import numpy as np

from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.targets import read_targets
from deepgalaxy.training.data.deal import equal_part
from deepgalaxy.training.data.prepared import PreparedData
from deepgalaxy.training.data.shard import Shard
from deepgalaxy.training.model_file import load_network
from deepgalaxy.training.network import batch_normalisations, build_backbone, build_network, maps_of
from deepgalaxy.training.objectives import Classification, LatentBound, Objective, Reconstruction
from deepgalaxy.training.options import LATENT_BOUND, RECONSTRUCTION, EncoderShape, TrainingOptions
from deepgalaxy.training.ranks.communicator import Ranks

LEAST_VARIANCE = 1e-6
"""Channels of activation maps are standardised as if they varied at least by so much of the variance of the one that
varies most; one that is always the same would divide by 0."""

Build = Callable[[], keras.Model]


def choose_stage(
    args: argparse.Namespace,
    options: TrainingOptions,
    data: PreparedData,
    ranks: Ranks,
    heartbeat: Callable[[], None] = lambda: None,
) -> tuple[Objective, Build]:
    """Return the objective that the arguments of the command line name, and the function that builds its network.

    All ranks have to call it, since the variational autoencoder standardises its maps over the training images of all.
    Raises ValueError for an autoencoder that is missing or does not fit.
    """
    form = data.pixels, data.dtype
    if args.objective == RECONSTRUCTION:
        return Reconstruction(), lambda: _autoencoder(options, shape_of(args), data)
    autoencoder = _load_autoencoder(args, options)
    if args.objective == LATENT_BOUND:
        if not autoencoder:
            raise ValueError("`latent_bound` compresses the maps of an autoencoder; give its file as --autoencoder.")
        maps_of(autoencoder, *form, frozen=True)  # refuses one of other images
        shape = shape_of(args)
        mean, variance = channel_statistics(
            autoencoder.get_layer("encoder"), data, ranks, args.memory_budget_mib, heartbeat
        )
        sizes = shape.latent, shape.hidden, shape.map_channels
        return LatentBound(), lambda: build_variational(autoencoder, mean, variance, *sizes)
    targets = read_targets(args.properties) if args.properties else []
    maps = maps_of(autoencoder, *form, options.frozen) if autoencoder else None
    objective = Classification(targets, options.label_smoothing)
    return objective, lambda: build_network(options, *form, data.classes, targets, maps)


def shape_of(args: argparse.Namespace) -> EncoderShape:
    """Return the shape of the encoder-decoder that the arguments give."""
    return EncoderShape(**{option.name: getattr(args, option.name) for option in fields(EncoderShape)})


def _load_autoencoder(args: argparse.Namespace, options: TrainingOptions) -> keras.Model | None:
    """Return the autoencoder that the arguments name, if they do."""
    if not args.autoencoder:
        if options.encoder:
            raise ValueError(f"`encoder: {options.encoder}` is given without the file of its autoencoder.")
        return None
    try:
        return load_network(args.autoencoder)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"{args.autoencoder} is not an autoencoder that Keras can load: {error}") from error


def _autoencoder(options: TrainingOptions, shape: EncoderShape, data: PreparedData) -> keras.Model:
    backbone = build_backbone(options, data.pixels)
    network = build_autoencoder(backbone, data.pixels, data.dtype, shape.decoder_filters, options.noise)
    for layer in batch_normalisations(network):
        layer.momentum = options.batch_norm_momentum
    return network


def channel_statistics(
    encoder: keras.Model,
    data: PreparedData,
    ranks: Ranks,
    memory_mib: int,
    heartbeat: Callable[[], None] = lambda: None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of each channel of the maps that ``encoder`` makes of the training images as they are,
    float64 (channels,); every image counts once, however many ranks share them.

    The images that a rank holds, and those under way, take no more than ``memory_mib`` each. Variances are at least
    LEAST_VARIANCE of the largest.
    """
    part = equal_part(data.training_images, ranks.rank, ranks.size)
    shard = Shard(data.train, [part], memory_mib * 2**20)
    size = batch_size(NetworkMemory.measure(encoder).to_predict, memory_mib)
    sums = np.zeros((3, encoder.output_shape[-1]))
    for images, _ in shard.batches(np.arange(len(shard.labels)), size):
        maps = np.asarray(encoder.predict_on_batch(images), np.float64)
        axes = (0, 1, 2)
        sums[0] += maps.size / maps.shape[-1]
        sums[1:] += maps.sum(axis=axes), (maps**2).sum(axis=axes)
        heartbeat()
    count, total, squared = ranks.total(sums)
    mean = total / count
    variance = np.maximum(squared / count - mean**2, 0)
    return mean, np.maximum(variance, LEAST_VARIANCE * variance.max() or 1.0)
