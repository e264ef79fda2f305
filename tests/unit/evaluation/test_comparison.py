"""Two experiments side by side, in cases worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.comparison import (
    FIRST,
    SAME_RUN,
    SAME_SAMPLE,
    Experiment,
    TestImages,
    compare_experiments,
    differing_settings,
    gain_interval,
    read_test_images,
    write_test_images,
)
from deepgalaxy.evaluation.ranking import LOSS, NAMES

RUN = dict(zip(NAMES, ("d", "s", None, "cnn", 2, 0)))
SCORES = {LOSS: 0.5, "accuracy": 0.5, "median_error_myr": 20.0, "classes": 4, "counts_from": "first pericentre"}
GROUPS = [f"s_{number}_m_1" for number in range(8)]
HARD = np.repeat(np.arange(8) * 10.0, 3)
"""Errors of eight simulations, of three images each, that differ much from one to the next."""


def images(error_myr=HARD, groups=GROUPS, right=True):
    return TestImages(np.repeat(groups, 3), error_myr, np.full(24, right))


def experiment(*runs):
    """An experiment of runs, each given as what differs from RUN and SCORES, and its images."""
    rows = [RUN | SCORES | changes for changes, _ in runs]
    kept = ["/".join("" if row[name] is None else str(row[name]) for name in NAMES) for row in rows]
    return Experiment(pd.DataFrame(rows), dict(zip(kept, (of_run for _, of_run in runs))))


def test_the_same_simulations_are_drawn_for_both_others_each_for_itself():
    (same,) = compare_experiments(
        experiment(({}, images(HARD - 5 - HARD / 10))), experiment(({}, images())), 1
    ).to_dict("records")
    assert same["paired"] and same["other_is"] == SAME_RUN and same["median_error_gain_myr"] == pytest.approx(8.5)
    assert 5 < same["median_error_gain_low_myr"] < 8.5 < same["median_error_gain_high_myr"] < 12
    assert same["accuracy_gain"] == 0 and same["accuracy_gain_low"] is None  # all agree
    elsewhere = images(groups=[f"t_{number}" for number in range(8)])
    (other,) = compare_experiments(
        experiment(({}, images(HARD - 5 - HARD / 10))), experiment(({}, elsewhere)), 1
    ).to_dict("records")
    assert not other["paired"] and other["median_error_gain_myr"] == pytest.approx(8.5)
    # How much simulations differ does not cancel.
    assert other["median_error_gain_low_myr"] < 0 and other["other_test_simulations"] == 8


def test_an_interval_takes_two_simulations_of_each():
    one = HARD[:3], np.array(["a"] * 3)
    assert gain_interval(lambda ours, theirs: float(ours.mean() - theirs.mean()), one, one, 1) == (None, None)


def test_a_run_stands_beside_the_one_of_its_names_or_the_first_by_validation():
    worse, better = {"model": "worse", LOSS: 0.6, "accuracy": 0.9}, {"model": "better", LOSS: 0.3, "accuracy": 0.4}
    elsewhere = {"sample": "other", "model": "best", LOSS: 0.1}
    theirs = experiment((worse, images()), (better, images(right=False)), (elsewhere, images()))
    ours = experiment(({}, images()), (better, images()), ({"sample": "new"}, images()), ({"fold": "1"}, images()))
    table = compare_experiments(ours, theirs, 1)
    assert table[["model", "sample", "other_model", "other_is"]].to_numpy().tolist() == [
        ["cnn", "s", "better", SAME_SAMPLE],
        ["better", "s", "better", SAME_RUN],
        ["cnn", "new", "better", FIRST],
    ]
    assert table["accuracy_gain"].tolist() == [1, 1, 1] and table["other_accuracy"].tolist() == [0.4] * 3


def test_what_cannot_be_compared_is_left_open():
    ours, theirs = experiment(({}, images())), experiment(({"classes": 9, "counts_from": "start"}, images()))
    table = compare_experiments(ours, theirs, 1)
    assert table.loc[0, ["accuracy_gain", "median_error_gain_myr"]].isna().all() and table["accuracy"][0] == 0.5


def test_images_are_read_as_they_were_kept(tmp_path):
    untimed = images(np.where(HARD > 30, np.nan, HARD))
    write_test_images([RUN, RUN | {"fold": "all", "repeat": 1}], [untimed, images(right=False)], tmp_path / "i.hdf5")
    again = read_test_images(tmp_path / "i.hdf5")
    assert list(again) == ["d/s//cnn/2/0", "d/s/all/cnn/2/1"]
    for name, values in vars(untimed).items():
        np.testing.assert_array_equal(getattr(again["d/s//cnn/2/0"], name), values)
    assert len(untimed.errors()[0]) == 12 and not again["d/s/all/cnn/2/1"].right.any()


def test_settings_that_differ_are_named_by_their_places():
    here = {"seed": 1, "models": {"cnn": {"noise": 0.1, "scale": [1, 2]}, "new": {}}}
    there = {"seed": 1, "models": {"cnn": {"noise": 0, "scale": [1, 2], "xla": True}}}
    assert differing_settings(here, there).fillna("").to_numpy().tolist() == [
        ["models: cnn: noise", "0.1", "0"],
        ["models: new", "{}", ""],
        ["models: cnn: xla", "", "true"],
    ]
    assert differing_settings(here, here).empty
