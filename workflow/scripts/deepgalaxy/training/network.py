"""Convolutional classifiers of one-channel images."""

import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from deepgalaxy.encoder.networks import Backbone
from deepgalaxy.planning.combinations import NO_IMAGENET_WEIGHTS
from deepgalaxy.targets import AXIS, Target
from deepgalaxy.training.model_file import load_network
from deepgalaxy.training.options import TrainingOptions

GREY_AS_COLOUR = "grey_as_colour"
"""The layer of a network whose weights are of ImageNet, or were, that repeats the one channel."""


FEATURES = "features"
"""The layer of a network with properties from which class and properties are predicted."""


def build_network(
    options: TrainingOptions,
    pixels: int,
    dtype: str,
    classes: int,
    targets: Sequence[Target] = (),
    maps: keras.Model | None = None,
) -> keras.Model:
    """Return a network from images to class probabilities.

    It takes images of shape (pixels, pixels, 1) as they are in a prepared file, uint8 in 0..255 or float16 in [0, 1],
    and returns float32 probabilities of shape (classes,). With ``targets`` that are learnt, it returns a dictionary of
    these as ``probabilities``, and for each target, by its name, float32 of shape (bins,): probabilities of the bins,
    or of false and true, or the five numbers of an axis. Noise acts in training only. Made of stock Keras layers, so
    that a saved network loads without code of this package. Computes in Keras's global dtype policy. ``maps``, from
    brightness (n, pixels, pixels, 1) to activation maps, are classified in place of those of the architecture.

    Raises ValueError if the weights to start from are not available or do not fit.
    """
    images = keras.Input((pixels, pixels, 1), dtype=dtype, name="images")
    saved = None if options.weights in ("none", "imagenet") else _load(options.weights)
    learnt, classified = [target for target in targets if target.learnt], False
    x = layers.Rescaling(1 / 255 if dtype == "uint8" else 1.0, name="brightness")(images)
    if options.noise:
        x = layers.GaussianNoise(options.noise, name="noise")(x)
    if maps:
        x = layers.GlobalAveragePooling2D()(maps(x, training=False) if options.frozen else maps(x))
    elif options.architecture == "reference_cnn":
        if options.weights == "imagenet":
            raise ValueError(NO_IMAGENET_WEIGHTS)
        x = layers.GlobalAveragePooling2D()(_reference_maps(x))
    elif options.weights == "imagenet" or (saved and _sees_colour(saved)):
        x = _in_colour(options.architecture, pixels, options.weights == "imagenet")(x)
    elif options.head == "ordinal" or learnt:
        x = _application(options.architecture, pixels, include_top=False, pooling="avg")(x)
    else:
        x = _application(options.architecture, pixels, classes=classes, classifier_activation=None)(x)
        classified = True
    if learnt:
        x = layers.Identity(name=FEATURES)(x)
    logits = x if classified else _classify(x, options, classes)
    probabilities = layers.Activation("softmax", dtype="float32", name="probabilities")(logits)
    outputs = {"probabilities": probabilities} | _heads(x, learnt) if learnt else probabilities
    network = keras.Model(images, outputs, name=options.architecture)
    for layer in batch_normalisations(network):
        layer.momentum = options.batch_norm_momentum
    if saved:
        _take_weights(network, saved, options.weights)
    return network


def batch_normalisations(network: keras.Model) -> list[layers.BatchNormalization]:
    """Return all layers of batch normalisation, including those of networks within the network."""
    everything = network._flatten_layers()  # noqa: SLF001 - what Keras offers publicly does not look inside networks
    return [layer for layer in everything if isinstance(layer, layers.BatchNormalization)]


def build_backbone(options: TrainingOptions, pixels: int) -> Backbone:
    """Return the function from brightness (n, pixels, pixels, 1) to the activation maps of the architecture, with
    random weights or those of ImageNet.

    Raises ValueError if the weights to start from are not available.
    """
    if options.architecture == "reference_cnn":
        if options.weights == "imagenet":
            raise ValueError(NO_IMAGENET_WEIGHTS)
        return _reference_maps
    if options.weights == "imagenet":
        return _in_colour(options.architecture, pixels, imagenet=True, pooling=None)
    return _application(options.architecture, pixels, include_top=False, pooling=None)


def maps_of(autoencoder: keras.Model, pixels: int, dtype: str, frozen: bool) -> keras.Model:
    """Return the network from brightness (n, pixels, pixels, 1) to activation maps within an autoencoder, which it
    shares its weights with; they are trained unless ``frozen``.

    Raises ValueError if the autoencoder is of other images.
    """
    encoder = autoencoder.get_layer("encoder")
    if (encoder.input_shape[1:], encoder.input.dtype) != ((pixels, pixels, 1), dtype):
        raise ValueError("The autoencoder is of other images than those to be classified; take one of the same sample.")
    maps = keras.Model(encoder.get_layer("brightness").output, encoder.output, name="maps")
    for layer in maps._flatten_layers():  # noqa: SLF001 - Keras does not hand on what a network says already of itself
        layer.trainable = not frozen
    return maps


def _reference_maps(x: keras.KerasTensor) -> keras.KerasTensor:
    """A small network that trains in minutes on a laptop: four strided convolutions with batch normalisation."""
    for block, filters in enumerate((16, 32, 64, 128)):
        x = layers.Conv2D(filters, 5 if block == 0 else 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.Activation("relu")(x)
    return x


def _classify(features: keras.KerasTensor, options: TrainingOptions, classes: int) -> keras.KerasTensor:
    """Return the scores of the classes, whose softmax are probabilities, from features of shape (n,).

    The ordinal head has two outputs, a place p and a precision b > 0 on the axis x of the ordered classes, and scores
    -b (x - p)²: a discretised normal distribution, so that neighbouring classes go together. (Unimodal models for
    ordered classes: da Costa, Alonso & Cardoso 2008, Neural Networks 21, 78.) The term that all classes share is left
    out, which leaves 2 b p x - b x², a fixed matrix on (b p, b).
    """
    features = layers.Dropout(0.2)(features)
    if options.head == "categorical":
        return layers.Dense(classes, name="logits")(features)
    place = layers.Dense(1, dtype="float32", name="place")(features)
    # Its start is a standard deviation of a quarter of the axis from -1 to 1.
    start = keras.initializers.Constant(math.log(8))
    precision = layers.Dense(1, "exponential", bias_initializer=start, dtype="float32", name="precision")(features)
    product = layers.Multiply(dtype="float32")([precision, place])
    x = np.linspace(-1, 1, classes, dtype=np.float32)
    ordered = layers.Dense(classes, use_bias=False, trainable=False, dtype="float32", name="ordered_classes")
    logits = ordered(layers.Concatenate(dtype="float32")([product, precision]))
    ordered.set_weights([np.stack((2 * x, -(x**2)))])
    return logits


def _heads(features: keras.KerasTensor, targets: Sequence[Target]) -> dict[str, keras.KerasTensor]:
    """Return what the heads of targets give, by their names, from features of shape (n,)."""
    features = layers.Dropout(0.2)(features)
    given = {}
    for target in targets:
        if target.kind == AXIS:
            given[target.name] = layers.Dense(target.bins, dtype="float32", name=target.name)(features)
        else:
            scores = layers.Dense(target.bins, name=f"{target.name}_scores")(features)
            given[target.name] = layers.Activation("softmax", dtype="float32", name=target.name)(scores)
    return given


def _application(name: str, pixels: int, **parameters: Any) -> keras.Model:
    """A network of keras.applications with random weights, adapted to one channel in [0, 1]."""
    network = getattr(keras.applications, name)(weights=None, input_shape=(pixels, pixels, 1), **parameters)
    if any(isinstance(layer, layers.Rescaling) for layer in network.layers):
        # Such a network scales by itself, from 0..255.
        return keras.Sequential([layers.Rescaling(255.0), network], name=name)
    return network


def _in_colour(name: str, pixels: int, imagenet: bool, pooling: str | None = "avg") -> keras.Model:
    """The convolutional part of a network of keras.applications that takes colour, for one channel in [0, 1], with its
    ImageNet weights or random ones.

    The channel is repeated three times and brought to the range that the weights were trained with. Repeating costs no
    more than two further input images, and the first feature maps are many times as large.
    """
    builder = getattr(keras.applications, name)
    about = {"include_top": False, "pooling": pooling, "input_shape": (pixels, pixels, 3)}
    network = _pretrained(builder, name, about) if imagenet else builder(weights=None, **about)
    # What a network expects is an affine function of each channel: found by what it makes of black and of white.
    preprocess = sys.modules[builder.__module__].preprocess_input
    black, white = (preprocess(np.full((1, 1, 1, 3), value, np.float32))[0, 0, 0] for value in (0.0, 255.0))
    grey = keras.Input((pixels, pixels, 1))
    channels = layers.Concatenate(name=GREY_AS_COLOUR)([grey, grey, grey])
    scaled = layers.Rescaling((white - black).tolist(), black.tolist(), name="as_pretrained")(channels)
    return keras.Model(grey, network(scaled), name=name)


def _pretrained(builder: Callable[..., keras.Model], name: str, about: dict[str, Any]) -> keras.Model:
    """Return the network that a function of keras.applications builds with its ImageNet weights.

    Raises ValueError, with the place where they belong, if they cannot be downloaded.
    """
    try:
        return builder(weights="imagenet", **about)
    except Exception as error:
        address = re.search(r"https?://\S+/([\w.-]+)", str(error))
        if not address:
            raise ValueError(f"The ImageNet weights of {name} cannot be loaded: {error}") from error
        home = os.environ.get("KERAS_HOME", "~/.keras")
        raise ValueError(
            f"The ImageNet weights of {name} cannot be downloaded from here ({address[0].rstrip('.:')}); fetch "
            f"that file elsewhere and place it at {home}/models/{address[1].rstrip('.:')}"
        ) from error


def _load(path: str) -> keras.Model:
    """Return the model of a file. Raises ValueError if Keras cannot load it."""
    try:
        return load_network(path)
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"`weights: {path}` is not a model that Keras can load: {error}") from error


def _sees_colour(network: keras.Model) -> bool:
    """Return whether a network has once begun with ImageNet weights."""
    return any(layer.name == GREY_AS_COLOUR for layer in network._flatten_layers())  # noqa: SLF001 - as above


def _take_weights(network: keras.Model, saved: keras.Model, path: str) -> None:
    """Take the weights of a saved model of the same architecture, except those of the last layer if classes differ; up
    to the features, if only one of them predicts properties, or others than the other one.

    Raises ValueError if it does not fit; ``path`` is where it is from.
    """
    ours, theirs = (model.weights for model in (network, saved))
    of_classes = 2  # kernel and bias of the last layer
    if _named(network) != _named(saved):
        shared = min(_weights_to_features(model) for model in (network, saved))
        ours, theirs, of_classes = ours[:shared], theirs[:shared], 0
    differing = [
        number for number, (one, other) in enumerate(zip(ours, theirs)) if tuple(one.shape) != tuple(other.shape)
    ]
    if len(ours) != len(theirs) or any(number < len(ours) - of_classes for number in differing):
        raise ValueError(f"`weights: {path}` is a {saved.name}, which does not fit {network.name}.")
    for number, (one, other) in enumerate(zip(ours, theirs)):
        if number not in differing:
            one.assign(other)


def _named(network: keras.Model) -> dict[str, tuple]:
    """Return the shapes of what a network with properties predicts, by name."""
    output = network.output
    return {name: tensor.shape for name, tensor in output.items()} if isinstance(output, dict) else {}


def _weights_to_features(network: keras.Model) -> int:
    """Return how many of a network's weights, which are in the order of its layers, come before the features."""
    names = [layer.name for layer in network.layers]
    if FEATURES not in names:
        return len(network.weights)
    return sum(len(layer.weights) for layer in network.layers[: names.index(FEATURES)])
