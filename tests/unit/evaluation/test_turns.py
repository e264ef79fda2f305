"""The mean over turned and mirrored views of an image."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import (
    is_better,
    mean_over_turns,
    read_turns,
    recorded_turns,
    turns_that_keep_classes,
)
from deepgalaxy.views import turned
from support.classes import TWO_CLASSES as CLASSES

IMAGES = np.random.default_rng(1).random((3, 6, 6, 1), np.float32)


def corner(images):
    """A single number for each image that depends on how it is turned."""
    return images[:][:, :2, :3].mean(axis=(1, 2))


def test_the_eight_views_are_all_different_and_all_there_are():
    views = {turned(IMAGES[:1], view).tobytes() for view in range(8)}
    assert len(views) == 8
    assert {turned(turned(IMAGES[:1], 5), view).tobytes() for view in range(8)} == views


@pytest.mark.parametrize("turns", [4, 8])
def test_the_mean_is_the_same_for_every_view_of_an_image(turns):
    expected = mean_over_turns(corner, IMAGES, turns)
    assert expected.shape == (3, 1) and expected.dtype == np.float32
    np.testing.assert_allclose(
        expected, np.mean([corner(turned(IMAGES, view)) for view in range(turns)], axis=0), rtol=1e-6
    )
    for view in range(turns):
        np.testing.assert_allclose(mean_over_turns(corner, turned(IMAGES, view), turns), expected, rtol=1e-6)


def test_several_outputs_keep_their_names_and_one_view_is_the_image_itself():
    outputs = mean_over_turns(lambda images: {"first": corner(images), "second": 2 * corner(images)}, IMAGES, 8)
    np.testing.assert_allclose(outputs["second"], 2 * outputs["first"], rtol=1e-6)
    np.testing.assert_array_equal(mean_over_turns(corner, IMAGES, 1), corner(IMAGES))
    with pytest.raises(ValueError, match="take 1, 4 or 8"):
        mean_over_turns(corner, IMAGES, 2)


def test_what_is_known_of_the_upright_image_is_not_asked_for_again():
    asked = []

    def apply(images):
        asked.append(images)
        return corner(images)

    known = mean_over_turns(apply, IMAGES, 8, corner(IMAGES))
    np.testing.assert_array_equal(known, mean_over_turns(corner, IMAGES, 8))
    assert len(asked) == 7 and mean_over_turns(apply, IMAGES, 1, known) is known


def test_images_of_a_file_are_turned_batch_by_batch(tmp_path):
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        file["images"] = IMAGES

        def apply(images):
            return np.concatenate([corner(images[start : start + 2]) for start in range(0, len(images), 2)])

        np.testing.assert_array_equal(mean_over_turns(apply, file["images"], 8), mean_over_turns(apply, IMAGES, 8))


@pytest.mark.parametrize(
    ("cameras", "turns", "kept"), [([0, 1, 2], 8, 4), ([0, 2, 3], 8, 8), ([0, 1], 4, 4), ([0, 1], 1, 1), (None, 8, 8)]
)
def test_no_view_is_of_another_class(cameras, turns, kept):
    classes = CLASSES if cameras is None else pd.DataFrame({"camera": cameras})
    assert turns_that_keep_classes(turns, classes) == kept


def test_the_median_error_decides_and_then_the_cross_entropy():
    truth = (np.array([0, 1]), np.array([50.0, 150.0]), np.arange(2))
    sure, unsure = (Predictions(np.array([[p, 1 - p], [1 - p, p]]), *truth) for p in (0.9, 0.6))
    assert is_better(sure, unsure, CLASSES) and not is_better(unsure, sure, CLASSES)
    assert not is_better(sure, sure, CLASSES)
    untimed = [Predictions(of.probabilities, of.label, np.full(2, np.nan), of.row) for of in (sure, unsure)]
    assert is_better(*untimed, CLASSES) and not is_better(*untimed[::-1], CLASSES)


def test_joined_predictions_keep_the_views_of_each_network(tmp_path):
    predictions = Predictions(np.full((2, 2), 0.5), np.array([0, 1]), np.array([50.0, 150.0]), np.arange(2))
    predictions.write(tmp_path / "one.hdf5", 8)
    predictions.write(tmp_path / "joined.hdf5", [1, 8])
    assert read_turns(tmp_path / "one.hdf5") == 8
    assert recorded_turns([tmp_path / "one.hdf5", tmp_path / "joined.hdf5"]) == [8, 1, 8]
