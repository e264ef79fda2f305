"""Errors by phase, simulation, camera and ratio, against a case worked out by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.error_breakdown import break_down_errors, merger_phase
from deepgalaxy.evaluation.predictions import Predictions

CLASSES = pd.DataFrame(
    {"label": [0, 1], "name": ["early", "late"], "t_centre_myr": [50.0, 150.0], "counts_from": "first pericentre"}
)
SPLIT = pd.DataFrame(
    {
        "group": ["a", "a", "b", "b"],
        "size_ratio": [1.0, 1.0, 1.5, 1.5],
        "mass_ratio": [1.0, 1.0, 1.0, 1.0],
        "camera": [0, 3, 0, 3],
        "t_myr": [90.0, 60.0, 150.0, 50.0],
        "isolated": False,
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
    assert table.loc["class", "images"].to_dict() == {"early": 3, "late": 1}
    assert set(table["counts_from"]) == {"first pericentre"}
    assert table.loc["size_ratio", "images"].to_dict() == {1.0: 2, 1.5: 2}
    # All four errors in order: 10, 20, 40, 50; the 16th percentile lies 0.48 of the way from the first to the second.
    assert table.loc[("mass_ratio", 1.0), "error_16_myr"] == pytest.approx(14.8)


def test_classes_without_a_time_have_an_accuracy_and_no_error():
    classes = pd.concat([CLASSES, pd.DataFrame([{"label": 2, "name": "no merger"}])], ignore_index=True)
    split = SPLIT.assign(group=["a", "a", "isolated_01", "b"])
    split.loc[2, ["size_ratio", "mass_ratio"]] = np.nan
    split.loc[2, "isolated"] = True
    predictions = replace(
        PREDICTIONS,
        probabilities=np.insert(PREDICTIONS.probabilities, 2, [0, 9, 0, 0], axis=1),
        label=np.array([0, 2, 0, 0]),
        target_myr=np.array([50.0, np.nan, 60.0, 90.0]),
    )
    # Files of lone galaxies record that there were no passages.
    passages = {"b": np.array([100.0]), "isolated_01": np.array([])}
    table = break_down_errors(predictions, classes, split, passages).set_index(["grouping", "value"])
    # In the order of the classes, and without one that has no image.
    assert table.loc["class"].index.tolist() == ["early", "no merger"]
    row = table.loc[("class", "no merger")]
    assert row["accuracy"] == 1 and row[["median_error_myr", "error_16_myr"]].isna().all()
    assert table.loc[("group", "isolated_01"), "images"] == 1
    assert table.loc["phase", "images"].to_dict() == {0: 1} and table.loc["size_ratio", "images"].sum() == 3


def test_a_merger_that_is_known_to_have_had_no_passage_is_in_phase_0():
    table = break_down_errors(PREDICTIONS, CLASSES, SPLIT, {"a": np.array([])}).set_index(["grouping", "value"])
    assert table.loc["phase", "images"].to_dict() == {0: 2}


def test_there_is_no_phase_where_no_passages_are_known():
    assert "phase" not in set(break_down_errors(PREDICTIONS, CLASSES, SPLIT, {})["grouping"])
