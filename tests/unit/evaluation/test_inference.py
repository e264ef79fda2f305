"""Predictions of prepared images, from one view of each or from several."""

import logging
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from deepgalaxy.evaluation.inference import predict_images, predict_validation
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import read_turns
from support.classes import TWO_CLASSES as CLASSES


@pytest.fixture
def prepared(tmp_path):
    """Images of class 0 are dark, those of class 1 bright, but for the upper half, which is random."""
    drawn = np.random.default_rng(1)
    label = np.arange(20) % 2
    images = np.tile(label[:, None, None, None] * 200, (1, 8, 8, 1)).astype(np.uint8)
    images[:, :4] = drawn.integers(0, 256, (20, 1, 1, 1))
    with h5py.File(tmp_path / "prepared.hdf5", "w") as file:
        file.update({"images": images, "label": label, "target_myr": label * 100.0 + 50, "row": np.arange(20)})
    return tmp_path / "prepared.hdf5"


def network(rows):
    """A network that takes those rows of an image that are bright for signs of a late time."""

    def predict(images):
        late = np.clip(images[:, rows].mean(axis=(1, 2, 3)) / 255, 0, 1)
        return np.stack([1 - late, late], axis=1)

    return SimpleNamespace(output=SimpleNamespace(shape=(None, 2)), predict_on_batch=predict)


@pytest.mark.parametrize(("rows", "turns"), [(slice(4), 8), (slice(4, None), 1)])
def test_several_views_are_taken_where_they_do_better_on_the_validation_images(prepared, tmp_path, caplog, rows, turns):
    """The upper half tells nothing, so that the mean over turns is better than it, and worse than the lower half."""
    caplog.set_level(logging.INFO)
    assert predict_validation(network(rows), prepared, tmp_path / "validation.hdf5", 7, 8, CLASSES) == turns
    predict_images(network(rows), prepared, tmp_path / "test.hdf5", 7, turns)
    validation, test = (Predictions.read(tmp_path / f"{name}.hdf5") for name in ("validation", "test"))
    np.testing.assert_array_equal(validation.probabilities, test.probabilities)
    assert test.probabilities.dtype == np.float32
    assert read_turns(tmp_path / "test.hdf5") == read_turns(tmp_path / "validation.hdf5") == turns
    assert "one view of each: median error" in caplog.text and "8 turned views of each: median error" in caplog.text
