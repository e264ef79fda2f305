"""Which images are shown, and where a network looks in them."""

from dataclasses import replace

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.examples import choose_examples
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.saliency import explain_examples, integrated_gradients
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import TrainingOptions

CLASSES = pd.DataFrame({"label": [0, 1], "t_centre_myr": [50.0, 150.0]})
SPLIT = pd.DataFrame({"group": ["s_1_m_1"] * 4 + ["s_2_m_1"] * 2, "camera": [0, 1, 2, 12, 0, 0]})
# Expected times 60, 130, 110, 50, 70, 140 of the rows 5 to 0: errors 10, 20, 50, 40, 60, 5.
PREDICTIONS = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0], [0.8, 0.2], [0.1, 0.9]]),
    np.array([0, 1, 0, 0, 1, 1]),
    np.array([50.0, 150.0, 60.0, 90.0, 130.0, 145.0]),
    np.array([5, 4, 3, 2, 1, 0]),
)


def test_examples_are_the_extremes_with_each_view_once():
    examples = choose_examples(PREDICTIONS, CLASSES, SPLIT, 2)
    by_kind = {kind: some.reset_index(drop=True) for kind, some in examples.groupby("kind")}
    # Row 0 has the smallest error; the next, rows 5 and 4, show the other simulation.
    assert by_kind["best"]["row"].tolist() == [0, 5]
    # Rows 1 and 3 are the worst, of the two lines of sight to one simulation.
    assert by_kind["worst"]["row"].tolist() == [1, 3]
    # Two images are wrong: row 1 at 80 %, row 3 at 60 %.
    wrong = by_kind["confident and wrong"]
    assert wrong["row"].tolist() == [1, 3] and wrong["probability"].tolist() == [0.8, 0.6]
    assert wrong.loc[0, ["place", "predicted", "target_myr", "expected_myr"]].tolist() == [4, 0, 130, pytest.approx(70)]


def test_images_without_a_time_are_neither_the_best_nor_the_worst():
    timeless = replace(PREDICTIONS, target_myr=np.where(PREDICTIONS.row == 1, np.nan, PREDICTIONS.target_myr))
    examples = choose_examples(timeless, CLASSES, SPLIT, 6)
    assert 1 not in examples.loc[examples["kind"] != "confident and wrong", "row"].tolist()
    wrong = examples[examples["kind"] == "confident and wrong"]
    assert wrong["row"].tolist() == [1, 3] and np.isnan(wrong["target_myr"].iloc[0])


def test_where_nothing_is_wrong_no_image_is_shown_as_such():
    right = replace(PREDICTIONS, label=PREDICTIONS.predicted)
    assert set(choose_examples(right, CLASSES, SPLIT, 2)["kind"]) == {"best", "worst"}


def network(dtype):
    keras.utils.set_random_seed(1)
    options = TrainingOptions("reference_cnn", epochs=1, batch_size=1)
    return build_network(options, 16, dtype, 2)


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_attributions_add_up_to_the_change_from_black(dtype):
    images = np.random.default_rng(1).integers(0, 256, (3, 16, 16)).astype(np.uint8)
    ours = network(dtype)
    stored = images if dtype == "uint8" else (images / 255).astype(np.float16)
    brightness = stored.astype(np.float32) / (255 if dtype == "uint8" else 1)
    attributions = integrated_gradients(ours, brightness, np.array([0, 1, 1]), batch_size=24)
    assert attributions.shape == (3, 16, 16)
    probability = ours.predict_on_batch(stored[..., None])[range(3), [0, 1, 1]]
    black = ours.predict_on_batch(np.zeros_like(stored[..., None]))[range(3), [0, 1, 1]]
    assert np.abs(probability - black).max() > 1e-3
    np.testing.assert_allclose(attributions.sum(axis=(1, 2)), probability - black, atol=2e-4)


def test_a_network_that_looks_at_one_pixel_is_found_out():
    images = keras.Input((4, 4, 1), dtype="uint8")
    pixels = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255, name="brightness")(images))
    weights = np.zeros((16, 2), np.float32)
    weights[6, 1] = 3
    one_pixel = keras.Model(images, keras.layers.Dense(2, activation="softmax")(pixels))
    one_pixel.layers[-1].set_weights([weights, np.zeros(2, np.float32)])
    attributions = integrated_gradients(one_pixel, np.ones((1, 4, 4), np.float32), np.array([1]), batch_size=64)[
        0
    ].ravel()
    assert attributions[6] == pytest.approx(1 / (1 + np.exp(-3)) - 0.5, abs=1e-4)
    assert not np.delete(attributions, 6).any()


def test_examples_are_written_with_their_images(tmp_path):
    with h5py.File(tmp_path / "test.hdf5", "w") as file:
        file["images"] = np.random.default_rng(1).integers(0, 256, (6, 16, 16, 1)).astype(np.uint8)
    examples = choose_examples(PREDICTIONS, CLASSES, SPLIT, 2)
    explain_examples(network("uint8"), tmp_path / "test.hdf5", examples, tmp_path / "examples.hdf5", batch_size=8)
    with h5py.File(tmp_path / "test.hdf5") as file, h5py.File(tmp_path / "examples.hdf5") as written:
        assert written["place"][:].tolist() == examples["place"].tolist()
        np.testing.assert_allclose(
            written["brightness"][0], file["images"][examples["place"][0], :, :, 0] / 255.0, rtol=1e-6
        )
        assert written["attributions"].shape == (6, 16, 16)
