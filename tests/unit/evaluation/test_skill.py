"""Whether a network beats the strongest baseline, against cases by hand."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.baseline_predictions import Baseline, read_baselines, write_baselines
from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.folds import join_baselines, join_splits
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.skill import measure_skill, strongest_baseline

CLASSES = pd.DataFrame({"label": [0, 1], "t_centre_myr": [0.0, 100.0], "counts_from": "first pericentre"})


def dated(error_myr, row):
    """Predictions of images at 0 Myr, of class 0, that are dated too late by ``error_myr`` (at most 100)."""
    share = np.asarray(error_myr, float) / 100
    nothing = np.zeros(len(share))
    return Predictions(np.stack([1 - share, share], axis=1), nothing.astype(int), nothing, np.asarray(row))


def baseline(name, error_myr, validation_error_myr, setting="k=1"):
    rows = np.arange(len(error_myr))
    return Baseline(
        name, setting, dated(validation_error_myr, range(len(validation_error_myr))), dated(error_myr, rows)
    )


def split_of(images, simulations):
    return pd.DataFrame({"group": np.repeat([f"s_{n}_m_1" for n in range(simulations)], images)})


def test_the_validation_images_choose_the_strongest():
    one, other = baseline("one", [1.0], [20, 20, 90]), baseline("other", [80.0], [10, 10, 95])
    assert strongest_baseline([one, other], CLASSES) is other
    assert strongest_baseline([one, replace(one, name="equal")], CLASSES) is one


def test_without_a_time_there_is_no_strongest_baseline():
    one = baseline("one", [1.0], [20.0])
    untimed = replace(one, validation=replace(one.validation, target_myr=np.array([np.nan])))
    with pytest.raises(ValueError, match="No image that is validated or tested on has a class with a time"):
        strongest_baseline([untimed], CLASSES)
    nothing = replace(one.test, target_myr=np.array([np.nan]))
    with pytest.raises(ValueError, match="No image that is validated or tested on has a class with a time"):
        measure_skill(nothing, [replace(one, test=nothing)], CLASSES, split_of(1, 1), 1)


def test_a_baseline_that_a_fold_lacks_is_left_out():
    split = join_splits([split_of(1, 2), split_of(2, 1)])
    first = [baseline("a", [10.0, 20.0], [30.0]), baseline("b", [1.0, 2.0], [3.0]), baseline("c", [5.0, 6.0], [7.0])]
    second = [baseline("a", [40.0, 50.0], [60.0]), baseline("c", [4.0, 5.0], [6.0])]
    for folds in ([first, second], [second, first]):
        assert [joined.name for joined in join_baselines(folds, split)] == ["a", "c"]


def test_the_baselines_of_all_folds_are_one():
    split = join_splits([split_of(1, 2), split_of(2, 1)])
    first = [baseline("a", [10.0, 20.0], [30.0]), baseline("b", [1.0, 2.0], [3.0], setting="")]
    second = [baseline("a", [40.0, 50.0], [60.0], setting="k=3"), baseline("b", [4.0, 5.0], [6.0], setting="")]
    one, other = join_baselines([first, second], split)
    assert (one.name, one.setting, other.name, other.setting) == ("a", "k=1 or k=3", "b", "")
    np.testing.assert_allclose(one.test.error_myr(CLASSES), [10, 20, 40, 50])
    assert one.test.row.tolist() == [0, 1, 2, 3] and one.validation.row.tolist() == [0, 2]
    assert strongest_baseline([one, other], CLASSES) is other


def test_predictions_are_kept_in_order(tmp_path):
    kept = [baseline("b", [1.0, 2.0], [3.0]), baseline("a", [4.0, 5.0], [6.0], setting="components=16, k=3")]
    write_baselines(kept, tmp_path / "baselines.hdf5")
    found = read_baselines(tmp_path / "baselines.hdf5")
    assert [(one.name, one.setting) for one in found] == [("b", "k=1"), ("a", "components=16, k=3")]
    for one, other in zip(kept, found, strict=True):
        for part in ("validation", "test"):
            for name, values in vars(getattr(one, part)).items():
                np.testing.assert_array_equal(values, getattr(getattr(other, part), name))


def test_the_same_predictions_give_the_same_file_at_any_time(tmp_path):
    kept = [baseline("b", [1.0, 2.0], [3.0]), baseline("a", [4.0, 5.0], [6.0])]
    write_baselines(kept, tmp_path / "one.hdf5")
    time.sleep(1.1)  # HDF5 counts seconds
    write_baselines(kept, tmp_path / "other.hdf5")
    assert (tmp_path / "one.hdf5").read_bytes() == (tmp_path / "other.hdf5").read_bytes()


def compared(network_error_myr, baseline_error_myr, simulations, seed=1):
    images = len(network_error_myr) // simulations
    network = dated(network_error_myr, range(len(network_error_myr)))
    simple = [baseline("nearest_neighbours", baseline_error_myr, [1.0])]
    return measure_skill(network, simple, CLASSES, split_of(images, simulations), seed)


def test_gains_by_hand():
    # Two simulations of three images each; the baseline is 20 Myr worse in one and 40 in the other.
    skill = compared([10, 10, 10, 20, 20, 20], [30, 30, 30, 60, 60, 60], 2)
    assert skill["median_error_myr"] == pytest.approx(15) and skill["strongest_median_error_myr"] == pytest.approx(45)
    assert skill["median_error_gain_myr"] == pytest.approx(30)
    assert (skill["median_error_gain_low_myr"], skill["median_error_gain_high_myr"]) == pytest.approx((20, 40))
    # From 50 Myr on the most probable class is the wrong one.
    assert (skill["accuracy"], skill["strongest_accuracy"], skill["accuracy_gain"]) == (1, 0.5, 0.5)
    assert (skill["accuracy_gain_low"], skill["accuracy_gain_high"]) == (0, 1)
    assert skill["verdict"] == (
        "The network beats the strongest baseline (nearest neighbours, k=1) by 30.0 Myr in the median error (95 %"
        " interval 20.0 to 40.0, over 2 test simulations)."
    )


def test_the_verdict_goes_by_the_interval():
    worse = compared([30, 30, 60, 60], [10, 10, 20, 20], 2)["verdict"]
    assert "is worse than the strongest baseline (nearest neighbours, k=1) by 30.0 Myr" in worse
    assert "20.0 to 40.0" in worse
    open_ = compared([10, 10, 40, 40], [30, 30, 20, 20], 2)["verdict"]
    assert open_.startswith("The network is no better than the strongest baseline") and "-20.0 to 20.0" in open_


def test_a_single_simulation_gives_no_interval_and_the_sentence_says_so():
    skill = compared([10, 10], [30, 30], 1)
    assert skill["median_error_gain_myr"] == pytest.approx(20) and skill["median_error_gain_low_myr"] is None
    assert skill["accuracy_gain_low"] is None and skill["test_simulations"] == 1
    assert "single test simulation gives no interval" in skill["verdict"] and "20.0 Myr smaller" in skill["verdict"]


def test_simulations_that_agree_give_no_interval_and_the_sentence_says_so():
    skill = compared([10, 10, 10], [30, 30, 30], 3)
    assert skill["median_error_gain_low_myr"] is None and skill["accuracy_gain_high"] is None
    assert skill["verdict"] == (
        "3 simulations that agree give no interval, so that it is open whether the network beats the strongest baseline"
        " (nearest neighbours, k=1); the network's median error is 20.0 Myr smaller."
    )


def test_what_is_hard_for_both_does_not_widen_the_interval():
    # Simulations differ by far more than the two models do on each of them.
    hard = np.repeat(np.linspace(5, 80, 8), 10)
    network, simple = hard, hard + np.repeat(np.random.default_rng(1).uniform(3, 5, 8), 10)
    skill = compared(network, simple, 8)
    assert 0 < skill["median_error_gain_low_myr"] < skill["median_error_gain_myr"] < skill["median_error_gain_high_myr"]
    group = split_of(10, 8)["group"].to_numpy()
    alone = [resampled_interval(np.median, error, group, seed=1) for error in (network, simple)]
    unpaired = np.hypot(*(high - low for low, high in alone))
    assert skill["median_error_gain_high_myr"] - skill["median_error_gain_low_myr"] < unpaired / 5
    assert alone[0][1] > alone[1][0]  # each by itself, the intervals overlap


def test_images_are_matched_by_their_rows():
    network = dated([10, 90, 20], [2, 0, 1])
    simple = [Baseline("b", "", dated([1.0], [0]), dated([95, 25, 16], [0, 1, 2]))]
    skill = measure_skill(network, simple, CLASSES, pd.DataFrame({"group": ["a", "b", "c"]}), seed=1)
    assert (skill["median_error_gain_low_myr"], skill["median_error_gain_high_myr"]) == pytest.approx((5, 6))
    assert "(b)" in skill["verdict"]
    with pytest.raises(ValueError, match="baseline b have predicted different test images; make the predictions"):
        measure_skill(dated([10, 90], [2, 0]), simple, CLASSES, pd.DataFrame({"group": ["a", "b", "c"]}), seed=1)


def test_images_without_a_time_count_for_the_accuracy_only():
    network, simple = dated([10, 10, 20, 20, 0, 0], range(6)), dated([30, 30, 60, 60, 0, 0], range(6))
    untimed = np.array([0, 0, 0, 0, np.nan, np.nan])
    network, simple = (replace(one, target_myr=untimed) for one in (network, simple))
    baselines = [Baseline("b", "", simple, simple)]
    split = pd.DataFrame({"group": ["a", "a", "b", "b", "lone", "lone"]})
    skill = measure_skill(network, baselines, CLASSES, split, seed=1)
    assert skill["test_simulations"] == 2
    assert (skill["median_error_gain_low_myr"], skill["median_error_gain_high_myr"]) == pytest.approx((20, 40))
    assert skill["accuracy"] == 1 and skill["strongest_accuracy"] == pytest.approx(4 / 6)
