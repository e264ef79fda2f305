"""Errors by phase, simulation, camera and ratio, against a case worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.error_breakdown import break_down_errors, merger_phase
from deepgalaxy.evaluation.predictions import Predictions

CLASSES = pd.DataFrame({"label": [0, 1], "t_centre_myr": [50.0, 150.0]})
SPLIT = pd.DataFrame(
    {
        "group": ["a", "a", "b", "b"],
        "size_ratio": [1.0, 1.0, 1.5, 1.5],
        "mass_ratio": [1.0, 1.0, 1.0, 1.0],
        "camera": [0, 3, 0, 3],
    }
)
# Expected times 60, 130, 110, 50 of the rows 3, 2, 1, 0: errors 10, 20, 50, 40.
PREDICTIONS = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]]),
    np.array([0, 1, 0, 0]),
    np.array([50.0, 150.0, 60.0, 90.0]),
    np.array([3, 2, 1, 0]),
)


def test_phase_counts_the_passages():
    times, passages = np.array([0, 94, 95, 200, 400]), np.array([95, 235, 280])
    assert merger_phase(times, passages).tolist() == [0, 0, 1, 1, 3]
    assert merger_phase(times, np.array([])).tolist() == [0] * 5


def test_errors_by_what_they_may_depend_on():
    table = break_down_errors(PREDICTIONS, CLASSES, SPLIT, {"b": np.array([100.0])}).set_index(["grouping", "value"])
    assert table.loc[("group", "a"), ["images", "simulations", "accuracy", "median_error_myr"]].tolist() == [
        2,
        1,
        0.5,
        45,
    ]
    assert table.loc[("camera", 0), ["images", "simulations", "accuracy", "median_error_myr"]].tolist() == [2, 2, 1, 30]
    # The images of b are at 50 Myr, before its passage, and at 150 Myr; nothing is known of a's passages.
    assert table.loc["phase", "images"].to_dict() == {0: 1, 1: 1}
    assert table.loc["phase", "median_error_myr"].to_dict() == pytest.approx({0: 10, 1: 20})
    assert table.loc["size_ratio", "images"].to_dict() == {1.0: 2, 1.5: 2}
    # All four errors in order: 10, 20, 40, 50; the 16th percentile lies 0.48 of the way from the first to the second.
    assert table.loc[("mass_ratio", 1.0), "error_16_myr"] == pytest.approx(14.8)


def test_there_is_no_phase_where_no_passages_are_known():
    assert "phase" not in set(break_down_errors(PREDICTIONS, CLASSES, SPLIT, {})["grouping"])
