"""The loss of properties, and training with it."""

import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from deepgalaxy.observed.features import feature_network
from deepgalaxy.targets import Target, as_five_numbers, smeared
from deepgalaxy.training.network import build_network
from deepgalaxy.training.objectives import Classification
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.property_loss import PropertyLoss, smeared_labels
from deepgalaxy.training.ranks.communicator import SingleRank
from deepgalaxy.training.steps import TrainingStep, evaluation_step, make_optimizer

TARGETS = [
    Target("t_peri_myr", "histogram", "Myr", -100.0, 400.0, 10, 0.5, 0.5),
    Target("line_of_sight", "axis", "degrees", np.nan, np.nan, 5, 1.5, 1.0),
    Target("merged", "binary", "", np.nan, np.nan, 0, 0.0, 0.0),
    Target("lone", "binary", "", np.nan, np.nan, 2, 2.0, 1.0),
]
NAN = np.nan
PROPERTIES = np.array(
    [[120, 0, 0, 1, NAN, 0], [NAN, 0.6, 0.8, 0, NAN, 1], [NAN, NAN, NAN, NAN, NAN, NAN], [-100, 1, 0, 0, NAN, 0]],
    np.float32,
)
IMAGES = np.random.default_rng(1).integers(0, 256, (4, 16, 16, 1), np.uint8)
LABELS = np.concatenate([[[0], [1], [2], [0]], PROPERTIES], axis=1).astype(np.float32)


def given(seed=1):
    rng = np.random.default_rng(seed)
    probabilities = {name: rng.dirichlet(np.ones(bins), 4) for name, bins in (("t_peri_myr", 10), ("lone", 2))}
    return probabilities | {"line_of_sight": rng.normal(size=(4, 5))}


def test_labels_are_smeared_alike_within_tensorflow():
    values = np.array([-200.0, -100, -3, 170, 400, 500], np.float32)
    np.testing.assert_allclose(smeared_labels(tf.constant(values), TARGETS[0]), smeared(values, TARGETS[0]), atol=1e-6)


def test_each_image_has_the_loss_of_what_is_known_of_it():
    outputs = given()
    losses = PropertyLoss(TARGETS)({name: tf.constant(v, tf.float32) for name, v in outputs.items()}, PROPERTIES)
    time, line, _, lone = TARGETS
    of_time = -(smeared(PROPERTIES[:, 0], time) * np.log(outputs["t_peri_myr"])).sum(axis=1) * time.weight / time.known
    of_line = ((outputs["line_of_sight"] - as_five_numbers(PROPERTIES[:, 1:4])) ** 2).sum(axis=1) * line.weight
    of_lone = -np.log(outputs["lone"][np.arange(4), [0, 1, 0, 0]]) * lone.weight
    expected = [of_time[0] + of_line[0] + of_lone[0], of_line[1] + of_lone[1], 0, of_time[3] + of_line[3] + of_lone[3]]
    np.testing.assert_allclose(losses, np.array(expected) / 3, rtol=1e-5)


def test_an_unknown_property_has_no_gradient():
    outputs = {name: tf.Variable(v, dtype=tf.float32) for name, v in given().items()}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(PropertyLoss(TARGETS)(outputs, PROPERTIES))
    gradients = tape.gradient(loss, outputs)
    for name, unknown in (("t_peri_myr", [1, 2]), ("line_of_sight", [2]), ("lone", [2])):
        gradient = tf.convert_to_tensor(gradients[name]).numpy()
        assert np.isfinite(gradient).all() and gradient[0].any()
        assert not gradient[unknown].any()


def network_of(**options):
    keras.utils.set_random_seed(1)
    chosen = TrainingOptions("reference_cnn", 1, 1, **options)
    return chosen, build_network(chosen, 16, "uint8", 3, TARGETS)


def test_a_network_predicts_what_is_learnt_from_its_features(tmp_path, run):
    _, network = network_of()
    outputs = network.predict_on_batch(IMAGES)
    assert {name: values.shape for name, values in outputs.items()} == {
        "probabilities": (4, 3),
        "t_peri_myr": (4, 10),
        "line_of_sight": (4, 5),
        "lone": (4, 2),
    }
    for name in ("probabilities", "t_peri_myr", "lone"):
        np.testing.assert_allclose(outputs[name].sum(axis=1), 1, rtol=1e-5)
    features = feature_network(network).predict_on_batch(IMAGES)
    kernel, bias = network.get_layer("line_of_sight").get_weights()
    np.testing.assert_allclose(features @ kernel + bias, outputs["line_of_sight"], rtol=1e-4, atol=1e-6)
    network.save(tmp_path / "model.keras")
    code = (
        "import sys, keras; m = keras.saving.load_model(sys.argv[1], safe_mode=True);"
        " assert not any('deepgalaxy' in name for name in sys.modules); print(sorted(m.output))"
    )
    result = run(sys.executable, "-c", code, tmp_path / "model.keras", cwd=tmp_path, env={"PYTHONPATH": ""})
    assert "['line_of_sight', 'lone', 'probabilities', 't_peri_myr']" in result.stdout, result.stderr


def test_weights_are_taken_up_to_the_features_if_other_properties_are_predicted(tmp_path):
    _, network = network_of()
    network.save(tmp_path / "model.keras")
    for targets in (TARGETS[:1], []):
        other = build_network(
            TrainingOptions("reference_cnn", 1, 1, weights=str(tmp_path / "model.keras")), 16, "uint8", 3, targets
        )
        np.testing.assert_array_equal(
            feature_network(other).predict_on_batch(IMAGES), feature_network(network).predict_on_batch(IMAGES)
        )


def step_of(network, options):
    return TrainingStep(network, make_optimizer(options), SingleRank(), options, Classification(TARGETS))


def test_the_gradient_of_a_batch_is_the_mean_of_its_halves():
    """So that two ranks with a batch of n make the same update as one with a batch of 2 n, whatever is known."""
    options, network = network_of()
    for layer in network.layers:  # what depends on the batch or on chance
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    gradients = step_of(network, options)._gradients  # noqa: SLF001
    whole, sums = gradients(tf.constant(IMAGES), tf.constant(LABELS))
    halves = [gradients(tf.constant(IMAGES[part]), tf.constant(LABELS[part])) for part in (slice(2), slice(2, 4))]
    for both, first, second in zip(whole, halves[0][0], halves[1][0]):
        np.testing.assert_allclose(both, (first + second) / 2, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(sums, halves[0][1] + halves[1][1], rtol=1e-5)
    assert sums[3] > 0


def test_training_learns_the_properties():
    options, network = network_of(learning_rate=0.01)
    step, evaluate = step_of(network, options), evaluation_step(network, Classification(TARGETS))
    losses = []
    for _ in range(30):
        batch = (tf.constant(IMAGES), tf.constant(LABELS))
        sums, _, _ = step.update(*batch, tf.constant(0.01), tf.zeros(2))
        losses.append(float(sums[3]))
    assert losses[-1] < losses[0] / 2
    assert evaluate(tf.constant(IMAGES), tf.constant(LABELS)).shape == (4,)


@pytest.mark.parametrize("targets", [[], TARGETS[2:3]])
def test_a_network_without_learnt_properties_gives_probabilities_alone(targets):
    network = build_network(TrainingOptions("reference_cnn", 1, 1), 16, "uint8", 3, targets)
    assert network.output_shape == (None, 3)
    labels = LABELS[:, [0, 5]] if targets else LABELS[:, 0].astype(np.int32)
    assert evaluation_step(network, Classification(targets))(tf.constant(IMAGES), tf.constant(labels))[3] == 0
