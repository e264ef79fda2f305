"""Calibrated intervals of test images: on the validation simulations, and between folds."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from deepgalaxy.evaluation.conformal import SHARES, central_scores, conformal_level
from deepgalaxy.evaluation.interval_breakdown import tabulate_intervals
from deepgalaxy.evaluation.intervals import (
    conformal_intervals,
    say_what_calibrates,
    score_intervals,
)
from deepgalaxy.evaluation.predictions import Predictions

BINS = 8
CLASSES = pd.DataFrame(
    {
        "label": range(BINS),
        "name": [f"bin {number}" for number in range(BINS)],
        "t_from_myr": np.arange(BINS) * 10.0,
        "t_to_myr": np.arange(1, BINS + 1) * 10.0,
        "t_centre_myr": np.arange(BINS) * 10.0 + 5,
        "counts_from": "first pericentre",
    }
)
IMAGES = 12  # of each simulation


def simulate(simulations, seed, first=0):
    """Predictions of images of some simulations that are too certain, each simulation by as much, and their table."""
    drawn = np.random.default_rng(seed)
    group = np.repeat(np.arange(simulations), IMAGES)
    t_myr = drawn.uniform(0, 10 * BINS, len(group))
    seen = t_myr + (drawn.normal(0, 8, simulations)[group] + drawn.normal(0, 4, len(group)))
    probabilities = softmax(-(((CLASSES["t_centre_myr"].to_numpy() - seen[:, None]) / 7) ** 2), axis=1)
    label = (t_myr // 10).astype(int)
    split = pd.DataFrame({"group": [f"m{number}" for number in group + first], "label": label, "target_myr": t_myr})
    return Predictions(probabilities, label, t_myr, np.arange(len(group))), split


def with_validation(tested, validated):
    """Predictions of test and of validation images, and the table of both."""
    test, split = simulate(tested, 1)
    validation, others = simulate(validated, 2, first=tested)
    rows = np.arange(len(others)) + len(split)
    validation = Predictions(validation.probabilities, validation.label, validation.target_myr, rows)
    return test, validation, pd.concat([split, others], ignore_index=True)


def of_shares(test, validation, split):
    return [conformal_intervals(test, validation, CLASSES, split, share) for share in SHARES]


def test_validation_simulations_calibrate_if_there_are_enough():
    test, validation, split = with_validation(6, 4)
    common, rare = of_shares(test, validation, split)
    level = conformal_level(central_scores(validation, CLASSES), split["group"][validation.row].to_numpy(), 0.68)
    np.testing.assert_array_equal(common.covered, central_scores(test, CLASSES) <= level)
    assert common.available and not rare.available and np.isnan(rare.covered).all() and np.isnan(rare.width_myr).all()
    scores = score_intervals([common, rare], split["group"][test.row].to_numpy(), 1)
    assert scores["intervals"] == (
        "calibrated on 4 validation simulations; not available: 90 % needs 9 validation simulations, there are 4"
    )
    assert scores["conformal_coverage_68"] == common.covered.mean()
    assert scores["conformal_coverage_68_low"] < common.covered.mean() < scores["conformal_coverage_68_high"]
    assert scores["conformal_coverage_90"] is scores["conformal_coverage_90_low"] is scores["conformal_width_90_myr"]
    few = of_shares(*with_validation(3, 1))
    assert say_what_calibrates(few) == ("not available: 68 % needs 3, 90 % needs 9 validation simulations, there is 1")


def test_an_interval_that_covers_holds_the_true_time():
    """What counts as covered is within the limits that are given, and the width is the distance of these."""
    test, validation, split = with_validation(6, 4)
    found = conformal_intervals(test, validation, CLASSES, split, 0.68)
    raw = test.where(found.covered == 1).error_myr(CLASSES)
    assert (raw <= found.width_myr[found.covered == 1]).all() and (found.width_myr > 0).all()


def test_between_folds_all_other_simulations_calibrate():
    test, split = simulate(24, 3)
    split["fold"] = 1 + np.arange(len(split)) // IMAGES % 2
    intervals = of_shares(test, test, split)
    group = split["group"].to_numpy()
    others = group != "m5"
    level = conformal_level(central_scores(test, CLASSES)[others], group[others], 0.9)
    np.testing.assert_array_equal(intervals[1].covered[~others], central_scores(test, CLASSES)[~others] <= level)
    assert say_what_calibrates(intervals) == "calibrated on 23 other test simulations"
    assert 0.6 < intervals[0].covered.mean() < 0.8 and 0.85 < intervals[1].covered.mean() <= 1


def test_the_table_has_the_worst_of_each_grouping_first_and_leaves_out_what_is_not_known():
    test, split = simulate(24, 3)
    split = split.assign(isolated=False, t_myr=split["target_myr"], split="test")
    split["fold"] = 1 + np.arange(len(split)) // IMAGES % 2
    trained = split[["group", "label", "target_myr", "fold"]].assign(split="train", group="s_9_m_9")
    split = pd.concat([split, trained], ignore_index=True)
    passages = {f"m{number}": np.array([40.0]) for number in range(16)}
    table = tabulate_intervals(test, test, CLASSES, split, passages, 1)
    assert list(table["grouping"].drop_duplicates()) == ["all", "phase", "group"]
    (whole,) = table[table["grouping"] == "all"].to_dict("records")
    assert (whole["images"], whole["simulations"]) == (24 * IMAGES, 24)
    assert whole["conformal_coverage_68"] == of_shares(test, test, split)[0].covered.mean()
    assert whole["conformal_coverage_68_low"] < whole["conformal_coverage_68"] < whole["conformal_coverage_68_high"]
    assert whole["conformal_width_68_myr"] < whole["conformal_width_90_myr"]
    # The network is too certain, and the temperature makes it less so.
    assert whole["width_68_myr"] < whole["scaled_width_68_myr"] and whole["coverage_68"] < whole["scaled_coverage_68"]
    of_phase, of_group = (table[table["grouping"] == name] for name in ("phase", "group"))
    assert sorted(of_phase["value"]) == [0, 1] and of_phase["images"].sum() == 16 * IMAGES
    assert len(of_group) == 24 and of_group["conformal_coverage_68"].is_monotonic_increasing
    assert of_group["conformal_coverage_68_low"].isna().all()  # a single simulation
