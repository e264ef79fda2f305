"""The losses of images, against figures worked out by hand, and the networks that they train."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.observed.features import feature_network
from deepgalaxy.training.network import batch_normalisations, build_backbone, build_network, maps_of
from deepgalaxy.training.objectives import LatentBound, Reconstruction
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.agreement import statistics_of
from deepgalaxy.training.ranks.communicator import SingleRank
from deepgalaxy.training.record import EpochRecord, RankTimes, read_records, write_records
from deepgalaxy.training.stages import choose_stage
from deepgalaxy.training.steps import TrainingStep, evaluation_step, make_optimizer

PIXELS = 16
OPTIONS = TrainingOptions("reference_cnn", 1, 4, learning_rate=0.003)
IMAGES = np.random.default_rng(1).integers(0, 256, (8, PIXELS, PIXELS, 1), np.uint8)
LABELS = np.zeros(8, np.int32)


@pytest.fixture(scope="module")
def autoencoder():
    keras.utils.set_random_seed(1)
    return build_autoencoder(build_backbone(OPTIONS, PIXELS), PIXELS, "uint8", (4, 4, 4, 4))


def test_an_autoencoder_is_held_to_the_brightness_that_it_was_given(autoencoder):
    made = autoencoder.predict_on_batch(IMAGES)
    losses = Reconstruction()(autoencoder, tf.constant(IMAGES), tf.constant(LABELS), training=False)
    difference = made - IMAGES / 255
    np.testing.assert_allclose(losses.loss, np.abs(difference).mean(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(losses.second, (difference**2).mean(axis=(1, 2, 3)), rtol=1e-5)
    sums = evaluation_step(autoencoder, Reconstruction())(IMAGES, LABELS)
    np.testing.assert_allclose(sums, [np.sum(losses.loss), np.sum(losses.second), 8, 0], rtol=1e-5)


def test_training_the_variational_network_leaves_the_encoder_as_it_is(autoencoder):
    network = build_variational(autoencoder, np.zeros(128), np.ones(128), latent=2, hidden=8)
    encoder = autoencoder.get_layer("encoder")
    before = [weight.copy() for weight in encoder.get_weights()]
    assert not statistics_of(network)
    step = TrainingStep(network, make_optimizer(OPTIONS), SingleRank(), OPTIONS, LatentBound())
    losses = [step.update(IMAGES, LABELS, 0.003, np.zeros(2, np.float32))[0].numpy()[0] for _ in range(30)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    for one, other in zip(encoder.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_classifier_of_frozen_maps_trains_its_head_alone(autoencoder, tmp_path):
    maps = maps_of(autoencoder, PIXELS, "uint8", frozen=True)
    network = build_network(OPTIONS, PIXELS, "uint8", 3, maps=maps)
    assert len(network.trainable_variables) == 2 and not statistics_of(network)
    pooled = autoencoder.get_layer("encoder").predict_on_batch(IMAGES).mean(axis=(1, 2))
    np.testing.assert_allclose(feature_network(network).predict_on_batch(IMAGES), pooled, rtol=1e-4, atol=1e-6)
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict_on_batch(IMAGES), network.predict_on_batch(IMAGES))
    trained = build_network(OPTIONS, PIXELS, "uint8", 3, maps=maps_of(autoencoder, PIXELS, "uint8", frozen=False))
    assert len(trained.trainable_variables) > 2
    assert len(statistics_of(trained)) == 2 * len(batch_normalisations(trained))
    with pytest.raises(ValueError, match="The autoencoder is of other images than those to be classified"):
        maps_of(autoencoder, 2 * PIXELS, "uint8", frozen=True)


def test_what_is_missing_is_said():
    data = SimpleNamespace(pixels=PIXELS, dtype="uint8")
    args = SimpleNamespace(objective="latent_bound", autoencoder=None)
    with pytest.raises(ValueError, match="give its file as --autoencoder"):
        choose_stage(args, OPTIONS, data, SingleRank())
    args = SimpleNamespace(objective="classification", autoencoder=None)
    with pytest.raises(ValueError, match="`encoder: small` is given without the file of its autoencoder"):
        choose_stage(args, TrainingOptions("reference_cnn", 1, 4, encoder="small"), data, SingleRank())


@pytest.mark.parametrize(("name", "key"), [("accuracy", "validation_accuracy"), ("rate", "validation_rate")])
def test_records_name_the_second_value(tmp_path, name, key):
    record = EpochRecord(1, 8, 0.1, 1.5, 0.25, 2.5, 0.5, [RankTimes(train=1.0)], second_name=name)
    assert record.as_dict()[key] == 0.5 and record.as_dict()[name] == 0.25
    write_records([record], tmp_path / "epochs.jsonl")
    assert read_records(tmp_path / "epochs.jsonl") == [record]
    assert f"{name} 0.25" in record.describe(3)
