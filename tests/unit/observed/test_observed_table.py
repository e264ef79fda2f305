"""Times, neighbours and warnings of observed images, against cases worked out by hand."""

import re

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.observed.table import find_neighbours, tabulate_observed, warning_of
from support.classes import TWO_CLASSES as CLASSES

SPLIT = pd.DataFrame(
    {
        "group": [f"s_1_m_{number}" for number in range(1, 9)],
        "camera": range(8),
        "label": np.arange(8) // 5,
        "target_myr": np.arange(8) * 20,
    }
)
# 3 of 4 are right where the network says 0.9, so that the temperature is 2: odds of 9 become odds of 3.
VALIDATION = Predictions(
    np.array([[0.9, 0.1]] * 4 + [[0.1, 0.9]] * 4), np.array([0, 0, 0, 1, 1, 1, 1, 0]), np.zeros(8), np.arange(8)
)
# The second feature has a hundredth of the weight of the first, until both are standardised: then (2, 0) and (0, 200)
# are equally far from (0, 0), the mean of the training images, with a standard deviation of 1 and 100.
TRAINING = np.array([[1, 100], [1, -100], [-1, 100], [-1, -100]], np.float32)
TRAINING_ROW = np.array([7, 3, 5, 1])


def test_distances_are_in_standardised_features():
    features = np.array([[1, 200], [3, 100], [0.9, -90]], np.float32)
    validation = np.tile([[1, 100]], (100, 1)) + np.linspace(0, 1, 100)[:, None] * (1, 0)
    neighbours = find_neighbours(features, TRAINING, validation, TRAINING_ROW)
    assert neighbours.row[:, 0].tolist() == [7, 7, 3]
    np.testing.assert_allclose(neighbours.distance[:, 0], [1, 2, np.hypot(0.1, 0.1)], rtol=1e-5)
    # From (1, 200): (1, 100) is 1 off, (-1, 100) √5, (1, -100) 3.
    assert neighbours.row[0].tolist() == [7, 5, 3]
    np.testing.assert_allclose(neighbours.distance[0], [1, np.sqrt(5), 3], rtol=1e-5)
    # The validation images are from 0 to 1 off, evenly.
    assert neighbours.familiar_distance == pytest.approx(0.95)


@pytest.fixture
def results(tmp_path):
    """A function that writes the results for given features, and returns both tables."""

    def results(files, features, probabilities):
        with h5py.File(tmp_path / "observed.hdf5", "w") as file:
            file["probabilities"], file["features"] = probabilities, features
            file["train/features"], file["train/row"] = TRAINING, TRAINING_ROW
            file["validation/features"] = np.array([[1, 150]] * 20, np.float32)  # half a standard deviation off
        return tabulate_observed(files, tmp_path / "observed.hdf5", VALIDATION, CLASSES, SPLIT)

    return results


FILES = pd.DataFrame(
    {
        "file": ["a.png", "broken.png", "c.fits"],
        "used": [True, False, True],
        "width": [640, np.nan, 800],
        "reason": [np.nan, "The file is empty.", np.nan],
    }
)


def test_a_row_for_every_file(results):
    table, times = results(FILES, np.array([[1, 110], [1, 300]], np.float32), np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert list(table["file"]) == ["a.png", "broken.png", "c.fits"]
    first, second, third = (row for _, row in table.iterrows())
    # Odds of 3 to 1: the expected time is 0.75 of 50 and 0.25 of 150 Myr; the middle 68 % begins at 16 / 75 of the
    # first bin, and ends where 84 % are reached: 9 of the 25 % of the second bin.
    assert (first["label"], first["probability"]) == (0, pytest.approx(0.75, rel=1e-3))
    assert first["expected_myr"] == pytest.approx(75, rel=1e-3)
    assert (first["low_myr"], first["high_myr"]) == (pytest.approx(16 / 0.75, rel=1e-2), pytest.approx(136, rel=1e-2))
    assert (first["class"], first["timed_probability"]) == ("early", pytest.approx(1))
    assert (third["class"], third["counts_from"]) == ("late", "start of the simulation")
    assert (third["label"], third["expected_myr"]) == (1, pytest.approx(125, rel=1e-3))
    # A tenth of a standard deviation off, and two, where validation images are half of one.
    assert first["novelty"] == pytest.approx(0.2, rel=1e-3) and third["novelty"] == pytest.approx(4, rel=1e-3)
    assert first["warning"] == "" and "is 4.0 times as far from" in third["warning"]
    neighbour = ["row", "group", "camera", "target_myr", "class", "distance"]
    expected = [7, "s_1_m_8", 7, 140, "late", pytest.approx(0.1, rel=1e-3)]
    assert [first[f"neighbour_1_{name}"] for name in neighbour] == expected
    assert first["neighbour_2_group"] == "s_1_m_6" and first["neighbour_3_target_myr"] == 60
    assert second["reason"] == "The file is empty." and second[["label", "novelty", "neighbour_1_row"]].isna().all()
    np.testing.assert_allclose(
        times[["t_from_myr", "t_to_myr", "probability"]],
        [[0, 100, 0.75], [100, 200, 0.25], [0, 100, 0.25], [100, 200, 0.75]],
        rtol=1e-3,
    )
    assert list(times["file"]) == ["a.png", "a.png", "c.fits", "c.fits"]


def test_whole_numbers_stay_whole_in_the_file(results, tmp_path):
    table, _ = results(FILES, np.array([[1, 110], [1, 300]], np.float32), np.full((2, 2), 0.5))
    table.to_csv(tmp_path / "table.csv", index=False)
    assert not re.search(r"\b(7|640)\.0", (tmp_path / "table.csv").read_text())


def test_there_may_be_nothing_to_date(results):
    table, times = results(FILES.assign(used=False), np.empty((0, 2), np.float32), np.empty((0, 2)))
    assert len(table) == 3 and len(times) == 0
    assert {"expected_myr", "novelty", "neighbour_3_distance"} <= set(table.columns)


def test_a_warning_is_for_what_is_farther_than_the_validation_images():
    assert warning_of(1.0) == ""
    assert "1.3 times as far from its nearest training image as 95 % of the validation images" in warning_of(1.26)
