"""What the options of training do, each held against a calculation of its own."""

import math
import shutil

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.training.checkpoints import Checkpoints
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.shard import Shard, TrainingImages
from deepgalaxy.training.fit import Callbacks, Training
from deepgalaxy.training.learning_rate import learning_rate
from deepgalaxy.training.network import build_network
from deepgalaxy.training.objectives import Classification
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.communicator import SingleRank
from deepgalaxy.training.ranks.watch import Stopped
from deepgalaxy.training.steps import TrainingStep, evaluation_step, make_optimizer

PIXELS, CLASSES, COUNT = 16, 5, 12
NO_VOTES = np.zeros(2, np.float32)


def options(architecture="reference_cnn", epochs=4, batch_size=8, **others):
    return TrainingOptions(architecture, epochs, batch_size, **others)


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (COUNT, PIXELS, PIXELS, 1), np.uint8)


@pytest.fixture
def labels():
    return np.random.default_rng(2).integers(CLASSES, size=COUNT).astype(np.int32)


def linear_network():
    """A network without anything random in it."""
    keras.utils.set_random_seed(1)
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(CLASSES, "softmax")]
    return keras.Sequential([keras.Input((PIXELS, PIXELS, 1), dtype="uint8"), *layers])


def step_of(network, chosen, ranks=None):
    return TrainingStep(network, make_optimizer(chosen), ranks or SingleRank(), chosen)


# Learning rate


@settings(deadline=None)
@given(
    st.integers(1, 512), st.floats(0, 3), st.integers(4, 9), st.integers(1, 40), st.sampled_from(["constant", "cosine"])
)
def test_the_rate_rises_in_the_warm_up_and_never_afterwards(workers, warmup, epochs, updates, schedule):
    chosen = options(
        epochs=epochs,
        warmup_epochs=warmup,
        learning_rate_scaling="sqrt",
        learning_rate_schedule=schedule,
        gradient_accumulation=2,
    )
    rates = [learning_rate(chosen, workers, update, updates) for update in range(epochs * updates)]
    peak = 0.001 * (2 * workers) ** 0.5
    assert all(0 < rate <= peak * (1 + 1e-12) for rate in rates)
    first = int(np.ceil(warmup * updates))
    assert (np.diff(rates[:first]) > 0).all() and (np.diff(rates[first:]) <= 0).all()
    assert schedule == "cosine" or rates[-1] == pytest.approx(peak)


def test_the_linear_rule_is_for_sgd():
    chosen = options(optimizer="SGD", learning_rate=0.1, learning_rate_scaling="linear", gradient_accumulation=2)
    assert learning_rate(chosen, 8, 0, 10) == pytest.approx(1.6)
    with pytest.raises(ValueError, match="is for SGD only; adadelta scales its own steps"):
        learning_rate(options(optimizer="adadelta", learning_rate_scaling="linear"), 8, 0, 10)


# Optimizers


def test_an_optimizer_gets_its_parameters_or_a_sentence():
    optimizer = make_optimizer(options(optimizer="SGD", optimizer_parameters={"momentum": 0.7, "nesterov": True}))
    assert (optimizer.momentum, optimizer.nesterov) == (0.7, True)
    with pytest.raises(ValueError, match=r"`optimizer_parameters` does not fit adam: .*momentum"):
        make_optimizer(options(optimizer_parameters={"momentum": 0.7}))


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "Adadelta", "Adagrad", "Adamax", "Nadam", "RMSprop", "Lion"])
def test_updates_are_those_of_keras(name, images, labels):
    ours, keras_own = linear_network(), linear_network()
    chosen = options(optimizer=name, learning_rate=0.01, label_smoothing=0.1)
    step = step_of(ours, chosen)
    smoothed = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    keras_own.compile(keras.optimizers.get({"class_name": name, "config": {"learning_rate": 0.01}}), smoothed)
    for _ in range(3):
        step.update(images, labels, 0.01, NO_VOTES)
        keras_own.train_on_batch(images, np.eye(CLASSES)[labels])
    for one, other in zip(ours.get_weights(), keras_own.get_weights()):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("xla", [False, True])
def test_smoothed_labels_pull_probabilities_up_from_anywhere(xla, images):
    """The gradient of the logits is the probability less the smoothed label, however small the probability is."""
    logits = np.array(
        [0, -10, -20, -60, -120], np.float32
    )  # of probabilities down to 1e-52, which float32 does not hold
    network = keras.Sequential(
        [
            keras.Input((PIXELS, PIXELS, 1), dtype="uint8"),
            keras.layers.GlobalAveragePooling2D(dtype="float32"),
            keras.layers.Dense(CLASSES, kernel_initializer="zeros"),
            keras.layers.Activation("softmax", dtype="float32", name="probabilities"),
        ]
    )
    network.layers[-2].bias.assign(logits)
    chosen = options(optimizer="sgd", label_smoothing=0.1, xla=xla)
    step_of(network, chosen).update(images, np.zeros(COUNT, np.int32), 1.0, NO_VOTES)
    smoothed = 0.9 * np.eye(CLASSES)[0] + 0.1 / CLASSES
    gradient = np.exp(logits) / np.exp(logits).sum() - smoothed
    np.testing.assert_allclose(network.layers[-2].bias.numpy(), logits - gradient, rtol=1e-6, atol=1e-5)


def test_accumulated_batches_of_different_sizes_make_the_update_of_the_whole(images, labels):
    accumulated, whole = linear_network(), linear_network()
    step = step_of(accumulated, options(optimizer="sgd", gradient_accumulation=3))
    single = step_of(whole, options(optimizer="sgd"))
    for _ in range(2):
        for part in (slice(0, 5), slice(5, 9)):
            step.accumulate(images[part], labels[part])
        step.update(images[9:], labels[9:], 0.5, NO_VOTES)
        single.update(images, labels, 0.5, NO_VOTES)
    for one, other in zip(accumulated.get_weights(), whole.get_weights()):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# Tracing, precision, XLA


def test_batches_of_every_size_and_validation_are_traced_once(images, labels):
    network = build_network(options(noise=0.1, mirror=True), PIXELS, "uint8", CLASSES)
    step, evaluate = (
        step_of(network, options(noise=0.1, mirror=True, gradient_accumulation=2)),
        evaluation_step(network, Classification()),
    )
    for count in (8, 5, 1):
        step.accumulate(images[:count], labels[:count])
        step.update(images[:count], labels[:count], tf.constant(0.1), NO_VOTES)
        evaluate(images[:count], labels[:count])
    for function in (step.accumulate, step.update, evaluate):
        assert function.experimental_get_tracing_count() == 1


@pytest.fixture
def policy():
    """A function that sets the precision of all networks that are built until the end of the test."""
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(
    "chosen",
    [{"precision": "mixed_float16"}, {"precision": "mixed_bfloat16"}, {"xla": True}, {"head": "ordinal"}],
    ids=str,
)
def test_a_network_learns_by_heart_in_every_arithmetic(chosen, policy, images, labels):
    keras.utils.set_random_seed(1)
    chosen = options(**chosen)
    policy(chosen.precision)
    network = build_network(chosen, PIXELS, "uint8", CLASSES)
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
    assert network(images).dtype == tf.float32
    step = step_of(network, chosen)
    losses = [float(step.update(images, labels, tf.constant(0.02), NO_VOTES)[0][0]) for n in range(60)]
    assert losses[-1] < 0.5 * losses[0] and np.isfinite(losses).all()


def test_xla_changes_no_gradient(images, labels):
    networks = [linear_network(), linear_network()]
    for network, xla in zip(networks, (False, True)):
        step_of(network, options(optimizer="sgd", xla=xla)).update(images, labels, 0.5, NO_VOTES)
    for one, other in zip(*(network.get_weights() for network in networks)):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# Epochs of so many steps


@pytest.fixture
def prepared(tmp_path):
    """A prepared file of 40 images."""
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"] = rng.integers(0, 256, (40, PIXELS, PIXELS, 1), np.uint8)
        file["label"] = rng.integers(CLASSES, size=40).astype(np.int32)
    return tmp_path / "train.hdf5"


def training_on(path, chosen, stop_after=math.inf):
    """A training on the images of a file, which is asked to stop after some updates and saves checkpoints beside it."""
    updates = []
    return Training(
        linear_network(),
        chosen,
        TrainingImages(path, Dealing(40, 1, 0, seed=1), 0, 2**20),
        Shard(path, [slice(0, 8)], 2**20),
        SingleRank(),
        checkpoints=Checkpoints(path.parent / "checkpoints", "test"),
        callbacks=Callbacks(
            heartbeat=lambda: updates.append(1),
            asked_to_stop=lambda: "test" if len(updates) >= stop_after else "",
        ),
    )


@pytest.mark.parametrize(("steps", "images", "updates"), [(0, 40, 3), (3, 24, 2), (5, 40, 3), (9, 40, 3)])
def test_an_epoch_ends_after_so_many_steps_or_all_images(prepared, steps, images, updates):
    chosen = options(epochs=2, steps_per_epoch=steps, gradient_accumulation=2, learning_rate_schedule="cosine")
    training = training_on(prepared, chosen)
    records = training.run()
    assert [record.images for record in records] == [images, images] and training.images_per_epoch == images
    for record in records:
        assert len(record.step_seconds) == updates
        assert 0 < sum(record.step_seconds) <= record.seconds[0].train - record.seconds[0].input + 1e-6 * updates
        # The cosine reaches its end with the last epoch's.
        last = record.epoch * updates - 1
        assert record.learning_rate == pytest.approx(0.0005 * (1 + math.cos(math.pi * last / (2 * updates))))


def test_a_validation_loss_that_is_no_number_ends_training(prepared):
    training = training_on(prepared, options(epochs=2, keep_epoch="best"))
    training.evaluate = lambda images, _: tf.constant([math.nan, 0.0, float(len(images)), 0.0], tf.float64)
    with pytest.raises(ValueError, match="The validation loss of epoch 1 is not a finite number; lower"):
        training.run()
    assert not training.best


def test_training_ends_with_the_first_epoch_that_reaches_the_target(prepared):
    untold = [record.validation_loss for record in training_on(prepared, options(epochs=4)).run()]
    shutil.rmtree(prepared.parent / "checkpoints")
    target = untold[1]
    reached = next(number for number, loss in enumerate(untold, 1) if loss <= target)
    for _ in range(2):  # the second time from the checkpoint that the end left
        records = training_on(prepared, options(epochs=4, target=target)).run()
        assert [record.validation_loss for record in records] == untold[:reached]


def test_epochs_of_few_steps_take_other_images_each(prepared):
    images = TrainingImages(prepared, Dealing(40, 1, 0, seed=1), 0, 2**20)
    images.load(1)
    taken = [
        np.concatenate([labels for _, labels in images.batches(epoch, 8, first, 3)])
        for epoch, first in ((1, 0), (2, 0), (1, 1))
    ]
    assert [len(labels) for labels in taken] == [24, 24, 16]
    assert not np.array_equal(taken[0], taken[1]) and np.array_equal(taken[0][8:], taken[2])


def test_a_short_epoch_that_was_interrupted_goes_on_where_it_was(prepared):
    chosen = options(epochs=2, steps_per_epoch=4, mirror=True)
    whole = training_on(prepared, chosen)
    expected = whole.run()
    shutil.rmtree(prepared.parent / "checkpoints")
    with pytest.raises(Stopped):
        training_on(prepared, chosen, stop_after=2).run()
    resumed = training_on(prepared, chosen)
    records = resumed.run()
    assert [record.images for record in records] == [record.images for record in expected] == [32, 32]
    assert [len(record.step_seconds) for record in records] == [4, 4]
    for one, other in zip(resumed.network.get_weights(), whole.network.get_weights()):
        np.testing.assert_array_equal(one, other)


# Heads and weights


def test_the_ordinal_head_gives_one_peak_and_loads_without_this_package(tmp_path, images, labels):
    chosen = options(head="ordinal")
    network = build_network(chosen, PIXELS, "uint8", 9)
    step = step_of(network, chosen)
    for _ in range(30):
        step.update(images, labels, tf.constant(0.02), NO_VOTES)
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    probabilities = loaded.predict_on_batch(images)
    np.testing.assert_array_equal(probabilities, network.predict_on_batch(images))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    for row in probabilities:
        peak = row.argmax()
        assert (np.diff(row[: peak + 1]) >= 0).all() and (np.diff(row[peak:]) <= 0).all()
    fixed = loaded.get_layer("ordered_classes")
    assert fixed.weights[0].path not in {variable.path for variable in loaded.trainable_variables}


def test_training_goes_on_from_a_models_weights_also_with_other_classes(tmp_path):
    first = build_network(options(), PIXELS, "uint8", CLASSES)
    first.save(tmp_path / "model.keras")
    chosen = options(weights=str(tmp_path / "model.keras"))
    same, other = (build_network(chosen, PIXELS, "uint8", classes) for classes in (CLASSES, 3))
    for one, its, others in zip(first.get_weights(), same.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(one, its)
        assert one.shape != others.shape or np.array_equal(one, others)
    with pytest.raises(ValueError, match="is a reference_cnn, which does not fit MobileNetV2"):
        build_network(options("MobileNetV2", weights=chosen.weights), 32, "uint8", CLASSES)
    (tmp_path / "model.keras").write_bytes(b"no model")
    with pytest.raises(ValueError, match="is not a model that Keras can load"):
        build_network(chosen, PIXELS, "uint8", CLASSES)


def test_weights_of_maps_of_another_width_do_not_fit(tmp_path):
    def network(filters, **chosen):
        brightness = keras.Input((PIXELS, PIXELS, 1))
        maps = keras.Model(brightness, keras.layers.Conv2D(filters, 3)(brightness))
        return build_network(options(**chosen), PIXELS, "uint8", CLASSES, maps=maps)

    network(4).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="does not fit"):
        network(5, weights=str(tmp_path / "model.keras"))


def test_imagenet_weights_that_are_out_of_reach_are_named_with_their_place(monkeypatch):
    def refuse(_name, address, **_):
        raise OSError(f"URL fetch failure on {address}: None -- no route")

    monkeypatch.setattr("keras.src.applications.mobilenet_v2.file_utils.get_file", refuse)
    with pytest.raises(ValueError, match=r"cannot be downloaded .* place it at .*/models/mobilenet_v2_weights\S*\.h5"):
        build_network(options("MobileNetV2", weights="imagenet"), 32, "uint8", CLASSES)


def test_imagenet_weights_are_loaded_and_see_grey_as_colour(monkeypatch, tmp_path):
    trained = keras.applications.MobileNetV2(weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3))
    trained.save_weights(tmp_path / "trained.weights.h5")

    def stored(*_, **__):
        return str(tmp_path / "trained.weights.h5")

    monkeypatch.setattr("keras.src.applications.mobilenet_v2.file_utils.get_file", stored)
    network = build_network(options("MobileNetV2", weights="imagenet"), 32, "uint8", CLASSES)
    grey = np.random.default_rng(1).integers(0, 256, (3, 32, 32, 1), np.uint8)
    colour = keras.applications.mobilenet_v2.preprocess_input(np.repeat(grey, 3, axis=-1).astype(np.float32))
    features = network.get_layer("MobileNetV2")(grey.astype(np.float32) / 255)
    np.testing.assert_allclose(features, trained(colour), rtol=1e-3, atol=1e-5)
    # Another network begins with what came of it, and so does a third one.
    for classes, name in ((CLASSES, "first"), (3, "second")):
        network.save(tmp_path / f"{name}.keras")
        before, chosen = network, options("MobileNetV2", weights=str(tmp_path / f"{name}.keras"))
        network = build_network(chosen, 32, "uint8", classes)
        for one, other in zip(before.get_weights(), network.get_weights(), strict=True):
            assert np.array_equal(one, other) or one.shape[-1] != other.shape[-1] == 3
    with pytest.raises(ValueError, match="is a MobileNetV2, which does not fit ResNet50"):
        build_network(options("ResNet50", weights=str(tmp_path / "first.keras")), 32, "uint8", CLASSES)


@pytest.mark.parametrize(
    "architecture", ["ConvNeXtTiny", "DenseNet121", "EfficientNetV2B0", "MobileNetV3Small", "ResNet50V2", "Xception"]
)
def test_further_architectures_take_one_channel(architecture):
    network = build_network(options(architecture), 75, "uint8", CLASSES)
    probabilities = network(np.zeros((1, 75, 75, 1), np.uint8)).numpy()
    np.testing.assert_allclose(probabilities.sum(), 1, rtol=1e-5)
    kernel = next(weight for weight in network.weights if len(weight.shape) == 4)
    assert kernel.shape[2] == 1, "no channel is repeated"
