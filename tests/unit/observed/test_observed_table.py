"""Times, intervals, neighbours and warnings of observed images, against cases worked out by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.observed.novelty import Limits, Neighbours
from deepgalaxy.observed.table import is_warned, tabulate_observed
from support.classes import TWO_CLASSES as CLASSES

TRAINING = pd.DataFrame(
    {
        "row": [7, 3, 5, 1],
        "group": ["s_1_m_8", "s_1_m_4", "s_1_m_6", "s_1_m_2"],
        "camera": [7, 3, 5, 1],
        "label": [1, 0, 1, 0],
        "target_myr": [140, 60, 100, 20],
    }
)
NEAR = Neighbours(np.array([[0, 2, 1], [3, 0, 1]]), np.array([[0.1, 2, 3], [2, 3, 4]]), np.array([0.1, 2.0]))
FILES = pd.DataFrame(
    {
        "id": ["a", "b", "c"],
        "file": ["a.png", "broken.png", "c.fits"],
        "used": [True, False, True],
        "width": [640, np.nan, 800],
        "reason": [np.nan, "The file is empty.", np.nan],
    }
)
ODDS_OF_9 = np.array([[0.9, 0.1], [0.1, 0.9]])
NO_LEVELS = {"0.68": None, "0.9": None}
# With a temperature of 2, odds of 9 become odds of 3.


def tabulate(
    files=FILES, probabilities=ODDS_OF_9, near=NEAR, lone=None, classes=CLASSES, levels=NO_LEVELS, limits=(0.5, None)
):
    return tabulate_observed(files, probabilities, near, lone, TRAINING, classes, 2.0, levels, Limits(*limits))


def test_a_row_for_every_file():
    table, times = tabulate()
    assert list(table["file"]) == ["a.png", "broken.png", "c.fits"]
    first, second, third = (row for _, row in table.iterrows())
    # Odds of 3 to 1: the expected time is 0.75 of 50 and 0.25 of 150 Myr; the middle 68 % begins at 16 / 75 of the
    # first bin, and ends where 84 % are reached: 9 of the 25 % of the second bin.
    assert (first["label"], first["probability"]) == (0, pytest.approx(0.75, rel=1e-3))
    assert first["expected_myr"] == pytest.approx(75, rel=1e-3)
    assert (first["low_myr"], first["high_myr"]) == (pytest.approx(16 / 0.75, rel=1e-2), pytest.approx(136, rel=1e-2))
    assert first["interval_by"] == "the distribution alone" and pd.isna(first["low_90_myr"])
    assert (first["class"], first["timed_probability"]) == ("early", pytest.approx(1))
    assert (third["class"], third["counts_from"]) == ("late", "start of the simulation")
    assert (third["label"], third["expected_myr"]) == (1, pytest.approx(125, rel=1e-3))
    assert first["novelty"] == pytest.approx(0.2) and third["novelty"] == pytest.approx(4)
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


def test_levels_that_mergers_calibrated_are_those_of_unscaled_probabilities():
    table, _ = tabulate(levels={"0.68": 0.8, "0.9": 1.0})
    first = table.iloc[0]
    # The middle 80 % of odds of 9: from a ninth of the first bin to its end.
    assert (first["low_myr"], first["high_myr"]) == (pytest.approx(100 / 9), pytest.approx(100))
    assert (first["low_90_myr"], first["high_90_myr"]) == (pytest.approx(0), pytest.approx(200))
    assert first["interval_by"] == "validation mergers"


def test_what_may_be_no_merger_gets_a_warning():
    table, _ = tabulate(lone=np.array([0.25, 0.75]), limits=(10, 0.3))
    assert table["lone_probability"].dropna().tolist() == pytest.approx([0.25, 0.75])
    assert table["warning"][0] == "" and "without a companion (probability 0.75" in table["warning"][2]
    assert is_warned(table).tolist() == [False, False, True]


def test_what_probably_has_no_time_gets_a_warning():
    untimed = {"label": 2, "name": "after coalescence", **dict.fromkeys(("t_from_myr", "t_to_myr", "t_centre_myr"))}
    classes = pd.concat([CLASSES, pd.DataFrame([untimed]).astype({"t_from_myr": float})], ignore_index=True)
    probabilities = np.array([[0.5, 0.4, 0.1], [0.01, 0.01, 0.98]])
    table, _ = tabulate(probabilities=probabilities, classes=classes.assign(counts_from="x"), limits=(10, None))
    assert table["warning"][0] == "" and "without a time have 83 % of its probability" in table["warning"][2]


def test_whole_numbers_stay_whole_in_the_file(tmp_path):
    table, _ = tabulate()
    table.to_csv(tmp_path / "table.csv", index=False)
    assert not re.search(r"\b(7|640)\.0", (tmp_path / "table.csv").read_text())


def test_there_may_be_nothing_to_date():
    nothing = Neighbours(np.empty((0, 3), int), np.empty((0, 3)), np.empty(0))
    for levels in (NO_LEVELS, {"0.68": 0.8, "0.9": 0.95}):
        table, times = tabulate(FILES.assign(used=False), np.empty((0, 2)), nothing, levels=levels)
        assert len(table) == 3 and len(times) == 0
        assert {"expected_myr", "novelty", "neighbour_3_distance"} <= set(table.columns)
