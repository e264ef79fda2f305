"""The networks of the encoder-decoder: an autoencoder of images, and a variational autoencoder of its activation maps.

Made of stock Keras layers and operations, so that saved networks load without code of this package.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import layers, ops

LARGEST_LOG_VARIANCE = 10.0
"""Logarithms of variances are kept within this of 0 on either side, so that a wild first step does not overflow."""

FIRST_BRIGHTNESS = 0.05
"""About what a decoder makes before it is trained, as most of an image is sky; from 0.5 it would take epochs."""

Backbone = Callable[[keras.KerasTensor], keras.KerasTensor]
"""From brightness (n, pixels, pixels, 1) in [0, 1] to activation maps (n, side, side, channels)."""


def build_autoencoder(
    backbone: Backbone, pixels: int, dtype: str, decoder_filters: Sequence[int], noise: float = 0.0
) -> keras.Model:
    """Return a network from images (pixels, pixels, 1), as they are in a prepared file, to images of the same shape,
    float32 in [0, 1].

    It consists of the networks ``encoder``, from images to activation maps, and ``decoder``, from these to images, and
    of nothing that goes round the maps. For each halving by the ``backbone`` the decoder has a doubling, with two
    convolutions of as many filters as one of the last ``decoder_filters`` says. Gaussian noise of the brightness, of
    the standard deviation ``noise``, is added in training only.

    Raises ValueError if a side of the maps is not that of the images divided by a power of two, or if the decoder has
    too few filters for that.
    """
    encoder = _encoder(backbone, pixels, dtype, noise)
    maps = keras.Input(encoder.output_shape[1:])
    x = maps
    for filters in _filters_of_doublings(pixels, maps.shape[1], decoder_filters):
        x = layers.UpSampling2D()(x)
        for _ in range(2):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = layers.Activation("relu")(x)
    sky = keras.initializers.Constant(float(np.log(FIRST_BRIGHTNESS / (1 - FIRST_BRIGHTNESS))))
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid", bias_initializer=sky, dtype="float32")(x)
    decoder = keras.Model(maps, x, name="decoder")
    images = keras.Input((pixels, pixels, 1), dtype=dtype, name="images")
    return keras.Model(images, decoder(encoder(images)), name="autoencoder")


def _encoder(backbone: Backbone, pixels: int, dtype: str, noise: float) -> keras.Model:
    """Return the network from images to activation maps."""
    images = keras.Input((pixels, pixels, 1), dtype=dtype, name="images")
    x = layers.Rescaling(1 / 255 if dtype == "uint8" else 1.0, name="brightness")(images)
    if noise:
        x = layers.GaussianNoise(noise, name="noise")(x)
    return keras.Model(images, backbone(x), name="encoder")


def _filters_of_doublings(pixels: int, side: int, decoder_filters: Sequence[int]) -> Sequence[int]:
    """Return the filters of each doubling of maps with this ``side`` until they have ``pixels``.

    Raises ValueError as ``build_autoencoder`` does.
    """
    doublings = round(np.log2(pixels / side))
    if side * 2**doublings != pixels:
        raise ValueError(
            f"The backbone makes maps of {side} × {side} from images of {pixels} pixels, and the decoder can only"
            " double; choose images or a backbone for which one is the other times a power of two."
        )
    if doublings > len(decoder_filters):
        raise ValueError(
            f"Maps of {side} × {side} have to be doubled {doublings} times, and `decoder_filters` has"
            f" {len(decoder_filters)} entries; give {doublings}."
        )
    return decoder_filters[len(decoder_filters) - doublings :]


def build_variational(
    autoencoder: keras.Model,
    mean: np.ndarray,
    variance: np.ndarray,
    latent: int,
    hidden: int,
    map_channels: int = 0,
) -> keras.Model:
    """Return a variational autoencoder of the activation maps that an ``autoencoder`` makes of images.

    From images it gives a dictionary, all float32: ``maps``, the activation maps (n, side, side, channels) standardised
    by ``mean`` and ``variance``, (channels,) each; ``decoded``, what it makes of them again; ``mean`` and
    ``log_variance`` (n, latent), the Gaussian posterior of its ``vector``, which in training is drawn from it and
    otherwise is the mean; and ``log_noise`` (n, 1), the logarithm of the variance of the maps about what is decoded, a
    number for all, which is learned (Rybkin, Daniilidis & Levine 2021, ICML). The encoder within it is not trained, and
    acts as it does outside training. Between the maps and the vector are two layers of ``hidden`` units, after a
    convolution to ``map_channels`` channels if that is not 0.

    The networks in it are ``encoder``, as it was, and ``latent_decoder``, from the vector to standardised maps.
    """
    encoder = autoencoder.get_layer("encoder")
    encoder.trainable = False
    images = keras.Input(encoder.input_shape[1:], dtype=encoder.input.dtype, name="images")
    standardised = layers.Normalization(axis=-1, mean=mean, variance=variance, dtype="float32", name="standardised")
    maps = standardised(encoder(images, training=False))
    x = layers.Conv2D(map_channels, 1, activation="relu")(maps) if map_channels else maps
    x = _two_layers(layers.Flatten()(x), hidden)
    z_mean = layers.Dense(latent, dtype="float32", name="mean")(x)
    log_variance = layers.Dense(latent, kernel_initializer="zeros", dtype="float32", name="log_variance")(x)
    log_variance = ops.clip(log_variance, -LARGEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)
    nothing = ops.zeros_like(z_mean)
    drawn = layers.GaussianNoise(1.0, dtype="float32", name="draw")(nothing)
    vector = z_mean + ops.exp(log_variance / 2) * drawn
    decoder = _latent_decoder(maps.shape[1:], latent, hidden, map_channels)
    # Only its bias counts: one number for all images.
    log_noise = layers.Dense(1, dtype="float32", name="log_noise")(nothing)
    outputs = {
        "maps": maps,
        "decoded": decoder(vector),
        "mean": z_mean,
        "log_variance": log_variance,
        "vector": vector,
        "log_noise": log_noise,
    }
    return keras.Model(images, outputs, name="variational")


def _two_layers(x: keras.KerasTensor, hidden: int) -> keras.KerasTensor:
    for _ in range(2):
        x = layers.Dense(hidden, activation="relu")(x)
    return x


def _latent_decoder(shape: tuple[int, int, int], latent: int, hidden: int, map_channels: int) -> keras.Model:
    """Return the network from vectors (n, latent) to standardised maps (n, *shape)."""
    vector = keras.Input((latent,))
    side, _, channels = shape
    x = _two_layers(vector, hidden)
    x = layers.Dense(side**2 * (map_channels or channels), activation="relu" if map_channels else None)(x)
    x = layers.Reshape((side, side, map_channels or channels))(x)
    if map_channels:
        x = layers.Conv2D(channels, 1)(x)
    return keras.Model(vector, layers.Activation("linear", dtype="float32")(x), name="latent_decoder")


def images_from_vectors(autoencoder: keras.Model, variational: keras.Model) -> keras.Model:
    """Return the network from vectors (n, latent) to images (n, pixels, pixels, 1), float32 in [0, 1]."""
    standardised = variational.get_layer("standardised")
    vector = keras.Input(variational.output["mean"].shape[1:])
    maps = variational.get_layer("latent_decoder")(vector)
    mean, variance = (np.asarray(each, np.float32) for each in (standardised.mean, standardised.variance))
    maps = maps * np.sqrt(variance) + mean
    return keras.Model(vector, autoencoder.get_layer("decoder")(maps), name="images_from_vectors")


def log_likelihood_bound(outputs: dict[str, keras.KerasTensor]) -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Return for each image, both (n,), the evidence lower bound in nats with its sign changed, up to a constant, and
    its part that is the rate: the Kullback-Leibler divergence of the posterior from a standard normal distribution.

    ``outputs`` are those of the network of ``build_variational``. Kingma & Welling 2014, appendix B, with a Gaussian of
    the maps whose variance is learned.
    """
    axes = (1, 2, 3)
    squared = ops.sum((outputs["maps"] - outputs["decoded"]) ** 2, axis=axes)
    count = float(np.prod(outputs["maps"].shape[1:]))
    log_noise = outputs["log_noise"][:, 0]
    distortion = (squared * ops.exp(-log_noise) + count * log_noise) / 2
    log_variance = outputs["log_variance"]
    rate = ops.sum(outputs["mean"] ** 2 + ops.exp(log_variance) - 1 - log_variance, axis=1) / 2
    return distortion + rate, rate
