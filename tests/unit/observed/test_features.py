"""Features of networks, by the independent path from them to the probabilities."""

import keras
import numpy as np
import pytest
from scipy.special import softmax

from deepgalaxy.evaluation.inference import apply_network
from deepgalaxy.observed.features import feature_network
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import TrainingOptions

CLASSES = 5
IMAGES = np.random.default_rng(1).integers(0, 256, (6, 32, 32, 1), np.uint8)


def build(architecture, **options):
    return build_network(TrainingOptions(architecture, 1, 1, noise=0.1, **options), 32, "uint8", CLASSES)


def features_and_probabilities(network):
    features = feature_network(network).predict_on_batch(IMAGES)
    assert features.shape[0] == len(IMAGES) and features.ndim == 2
    return features, network.predict_on_batch(IMAGES)


# EfficientNetB0 and MobileNetV3Small stand within a network that scales, within the network; MobileNets classify by a
# convolution.
@pytest.mark.parametrize(
    ("architecture", "size"),
    [
        ("reference_cnn", 128),
        ("EfficientNetB0", 1280),
        ("VGG16", 4096),
        ("MobileNet", 1024),
        ("MobileNetV3Small", 1024),
    ],
)
def test_the_last_weights_make_probabilities_of_the_features(architecture, size):
    network = build(architecture)
    features, probabilities = features_and_probabilities(network)
    assert features.shape[1] == size and features.std(axis=0).max() > 0
    kernel, bias = (weight.numpy() for weight in network.trainable_weights[-2:])
    np.testing.assert_allclose(
        softmax(features @ kernel.reshape(size, CLASSES) + bias, axis=1), probabilities, rtol=1e-3
    )


def test_the_ordinal_head_makes_probabilities_of_the_features():
    network = build("reference_cnn", head="ordinal")
    features, probabilities = features_and_probabilities(network)
    (place, zero), (precision, start) = (network.get_layer(name).get_weights() for name in ("place", "precision"))
    centre, width = features @ place + zero, np.exp(features @ precision + start)
    scores = -width * (np.linspace(-1, 1, CLASSES) - centre) ** 2
    np.testing.assert_allclose(softmax(scores, axis=1), probabilities, rtol=1e-3)


def test_a_model_from_a_file_has_the_same_features(tmp_path):
    network = build("MobileNetV3Small")
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    one, other = (features_and_probabilities(each)[0] for each in (network, loaded))
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_network_is_applied_batch_by_batch():
    network = build("reference_cnn")
    whole = network.predict_on_batch(IMAGES)
    np.testing.assert_allclose(apply_network(network, IMAGES, 6, "images", 4), whole, rtol=1e-5)
    np.testing.assert_allclose(apply_network(network, IMAGES, 3, "images", 4), whole[:3], rtol=1e-5)
    assert apply_network(network, IMAGES, 0, "images", 4).shape == (0, CLASSES)
