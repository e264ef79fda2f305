"""The networks of the encoder-decoder, against the definitions of what they compute."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from deepgalaxy.encoder.networks import (
    build_autoencoder,
    build_variational,
    images_from_vectors,
    log_likelihood_bound,
)

PIXELS, CHANNELS, LATENT = 16, 6, 3


def backbone(x):
    for filters in (4, CHANNELS):
        x = layers.Conv2D(filters, 3, strides=2, padding="same")(x)
        x = layers.Activation("relu")(layers.BatchNormalization()(x))
    return x


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).integers(0, 256, (5, PIXELS, PIXELS, 1)).astype(np.uint8)


@pytest.fixture
def autoencoder():
    keras.utils.set_random_seed(1)
    return build_autoencoder(backbone, PIXELS, "uint8", [8, 4], noise=0.1)


@pytest.fixture
def variational(autoencoder):
    mean, variance = np.linspace(0, 1, CHANNELS), np.linspace(0.5, 2, CHANNELS)
    network = build_variational(autoencoder, mean, variance, LATENT, hidden=8)
    # As after some training: variances that differ from image to image.
    network.get_layer("log_variance").kernel.assign(0.3 * np.random.default_rng(2).normal(size=(8, LATENT)))
    return network


def test_the_autoencoder_is_a_decoder_of_maps_and_nothing_goes_round_them(autoencoder, images):
    maps = autoencoder.get_layer("encoder")(images, training=False)
    assert maps.shape == (5, PIXELS // 4, PIXELS // 4, CHANNELS)
    decoded = autoencoder.get_layer("decoder")(maps, training=False).numpy()
    assert np.array_equal(decoded, autoencoder(images, training=False).numpy())
    assert decoded.shape == images.shape and decoded.min() >= 0 and decoded.max() <= 1


def test_maps_that_cannot_be_doubled_to_the_image_are_refused():
    with pytest.raises(ValueError, match="maps of 5 × 5 from images of 15 pixels"):
        build_autoencoder(lambda x: layers.Conv2D(2, 3, strides=3)(x), 15, "uint8", [4])
    with pytest.raises(ValueError, match="2 times, and `decoder_filters` has 1 entries"):
        build_autoencoder(backbone, PIXELS, "uint8", [4])


def test_outside_training_the_vector_is_the_mean(variational, images):
    outputs = variational(images, training=False)
    again = variational.get_layer("latent_decoder")(outputs["mean"])
    assert np.array_equal(outputs["decoded"].numpy(), again.numpy())
    maps = variational.get_layer("encoder")(images, training=False).numpy()
    standardised = (maps - np.linspace(0, 1, CHANNELS)) / np.sqrt(np.linspace(0.5, 2, CHANNELS))
    assert outputs["maps"].numpy() == pytest.approx(standardised, abs=1e-5)


def test_vectors_scatter_in_training_as_their_posteriors_say(variational, images):
    outputs = variational(images, training=False)
    many = variational(np.repeat(images, 2000, axis=0), training=True)["vector"].numpy().reshape(5, 2000, LATENT)
    assert many.mean(axis=1) == pytest.approx(outputs["mean"].numpy(), abs=0.15)
    assert many.std(axis=1) == pytest.approx(np.exp(outputs["log_variance"].numpy() / 2), rel=0.06)


def test_the_rate_is_the_divergence_by_monte_carlo(variational, images):
    outputs = {name: value.numpy() for name, value in variational(images, training=False).items()}
    outputs["mean"] += 1.5  # a divergence that is not small
    _, rate = log_likelihood_bound(outputs)
    rng = np.random.default_rng(3)
    mean, log_variance = outputs["mean"], outputs["log_variance"]
    drawn = rng.standard_normal((40_000, *mean.shape))
    vectors = mean + np.exp(log_variance / 2) * drawn
    difference = ((vectors**2 - drawn**2 - log_variance) / 2).sum(axis=2)
    assert np.asarray(rate) == pytest.approx(difference.mean(axis=0), rel=0.01)


def test_the_distortion_is_that_of_a_gaussian(variational, images):
    outputs = {name: value.numpy() for name, value in variational(images, training=False).items()}
    outputs["log_noise"] = np.full((5, 1), 0.7, np.float32)
    bound, rate = (np.asarray(each) for each in log_likelihood_bound(outputs))
    error = outputs["maps"] - outputs["decoded"]
    log_density = -(error**2) / (2 * np.exp(0.7)) - (0.7 + np.log(2 * np.pi)) / 2
    constant = error[0].size * np.log(2 * np.pi) / 2
    assert bound - rate == pytest.approx(-log_density.sum(axis=(1, 2, 3)) - constant, rel=1e-4)


def test_only_the_variational_part_is_trained_and_noise_is_one_number(variational, images):
    names = {variable.path for variable in variational.trainable_variables}
    assert not [name for name in names if "encoder/" in name and "latent" not in name]
    assert any("latent_decoder" in name or "dense" in name for name in names)
    noise = variational(images, training=True)["log_noise"].numpy()
    assert noise.shape == (5, 1) and (noise == noise[0]).all()


def test_images_come_back_from_vectors(autoencoder, variational, images):
    vectors = variational(images, training=False)["mean"]
    made = images_from_vectors(autoencoder, variational)(vectors, training=False).numpy()
    outputs = variational(images, training=False)
    maps = outputs["decoded"].numpy() * np.sqrt(np.linspace(0.5, 2, CHANNELS)) + np.linspace(0, 1, CHANNELS)
    expected = autoencoder.get_layer("decoder")(maps.astype(np.float32), training=False).numpy()
    assert made == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("map_channels", [0, 2])
def test_saved_networks_load_without_this_package(autoencoder, images, tmp_path, map_channels):
    network = build_variational(autoencoder, np.zeros(CHANNELS), np.ones(CHANNELS), LATENT, 8, map_channels)
    network.save(tmp_path / "vae.keras")
    np.save(tmp_path / "images.npy", images)
    program = (
        "import sys, keras, numpy as np; network = keras.models.load_model('vae.keras', safe_mode=True);"
        "np.save('mean.npy', network(np.load('images.npy'), training=False)['mean'].numpy());"
        "assert 'deepgalaxy' not in sys.modules"
    )
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, env=environment)
    expected = network(images, training=False)["mean"].numpy()
    assert np.load(tmp_path / "mean.npy") == pytest.approx(expected, abs=1e-6)
