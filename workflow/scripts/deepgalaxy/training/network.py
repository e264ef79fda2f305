"""Convolutional classifiers of one-channel images."""

import inspect

import keras
from keras import layers

from deepgalaxy.training.options import TrainingOptions


def build_network(options: TrainingOptions, pixels: int, dtype: str, classes: int) -> keras.Model:
    """Return an untrained network from images to class probabilities.

    It takes images of shape (pixels, pixels, 1) as they are in a prepared file, uint8 in 0..255 or float16 in [0, 1],
    and returns float32 probabilities of shape (classes,). Noise and flips act in training only. Made of stock Keras
    layers, so that a saved network loads without code of this package.

    Raises ValueError if there is no such architecture.
    """
    images = keras.Input((pixels, pixels, 1), dtype=dtype, name="images")
    x = layers.Rescaling(1 / 255 if dtype == "uint8" else 1.0, name="brightness")(images)
    if options.flips:
        x = layers.RandomFlip("horizontal_and_vertical", name="flips")(x)
    if options.noise:
        x = layers.GaussianNoise(options.noise, name="noise")(x)
    if options.architecture == "reference_cnn":
        x = _reference_cnn(x, classes)
    else:
        x = _application(options.architecture, pixels, classes)(x)
    probabilities = layers.Activation("softmax", dtype="float32", name="probabilities")(x)
    return keras.Model(images, probabilities, name=options.architecture)


def architectures() -> list[str]:
    """Return the names of all architectures that can be built."""
    classifiers = [
        name
        for name, builder in vars(keras.applications).items()
        if inspect.isfunction(builder) and "classifier_activation" in inspect.signature(builder).parameters
    ]
    return ["reference_cnn", *sorted(classifiers)]


def _reference_cnn(x, classes: int):
    """A small network that trains in minutes on a laptop: four strided convolutions with batch normalisation.

    The momentum of the moving statistics is low, so that they settle within a short run.
    """
    for block, filters in enumerate((16, 32, 64, 128)):
        x = layers.Conv2D(filters, 5 if block == 0 else 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.Activation("relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return layers.Dense(classes, name="logits")(x)


def _application(name: str, pixels: int, classes: int) -> keras.Model:
    """A network of keras.applications, brought to take images in [0, 1] and to return logits."""
    if name not in architectures():
        raise ValueError(f"There is no architecture {name!r}; choose one of {', '.join(architectures())}.")
    network = getattr(keras.applications, name)(
        weights=None, input_shape=(pixels, pixels, 1), classes=classes, classifier_activation=None
    )
    if any(isinstance(layer, layers.Rescaling) for layer in network.layers):
        # Such a network scales by itself, from 0..255.
        return keras.Sequential([layers.Rescaling(255.0), network], name=name)
    return network
