"""Intervals that hold for a new simulation."""

import numpy as np
import pytest

from deepgalaxy.evaluation.conformal import central_scores, conformal_level, groups_needed, levels_by_others
from deepgalaxy.evaluation.predictions import Predictions, central_interval, time_distribution
from support.classes import TWO_CLASSES as CLASSES


@pytest.mark.parametrize("share, groups", [(0.5, 1), (0.68, 3), (0.9, 9), (0.95, 19)])
def test_groups_needed_for_a_share(share, groups):
    scores, group = np.linspace(0, 1, 2 * groups), np.repeat(np.arange(groups), 2)
    assert groups_needed(share) == groups
    assert conformal_level(scores, group, share) is not None
    assert conformal_level(scores[2:], group[2:], share) is None


def test_each_group_has_the_same_weight():
    """The level is that of the formula: with weights 1/4 for each of three groups, 0.68 is reached in the last."""
    scores = np.array([0.1] * 98 + [0.3, 0.9, 0.2, 0.5])
    group = np.array(["a"] * 98 + ["b", "b", "c", "c"])
    # 1/4 of a, 1/8 of c (0.2), 1/8 of b (0.3), 1/8 of c (0.5) add up to 5/8; the last 1/8 is at 0.9.
    assert conformal_level(scores, group, 0.68) == 0.9
    assert conformal_level(scores, group, 0.625) == 0.5


@pytest.mark.parametrize("share, groups", [(0.68, 3), (0.68, 12), (0.9, 9), (0.9, 25)])
def test_a_new_group_is_covered(share, groups):
    """Coverage of images of a new, exchangeable group is at least the share, and no more than 1/(G + 1) above it."""
    drawn = np.random.default_rng(round(100 * share) + groups)
    covered = []
    for _ in range(400):
        sizes = drawn.integers(1, 30, groups + 1)
        group = np.repeat(np.arange(groups + 1), sizes)
        centre = drawn.beta(2, 3, groups + 1)[group]  # scores of a group resemble each other
        scores = np.clip(centre + 0.1 * drawn.standard_normal(len(group)), 0, 1)
        old = group < groups
        covered.append((scores[~old] <= conformal_level(scores[old], group[old], share)).mean())
    error = np.std(covered) / np.sqrt(len(covered))
    assert share - 3 * error <= np.mean(covered) <= share + 1 / (groups + 1) + 3 * error


def test_the_score_is_the_share_whose_interval_ends_at_the_true_time():
    predictions = Predictions(
        np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [1, 0]]),
        np.array([0, 1, 0, 0]),
        np.array([50.0, 150.0, 100.0, np.nan]),
        np.arange(4),
    )
    scores = central_scores(predictions, CLASSES)
    # F(50) = 0.45, F(150) = 0.6, F(100) = 0.5; the last image has no time.
    np.testing.assert_allclose(scores, [0.1, 0.2, 0], atol=1e-12)
    distribution, edges_myr = time_distribution(predictions.probabilities, CLASSES)
    for place, end in ((0, 0), (1, 1)):
        limits = central_interval(distribution[place : place + 1], edges_myr, scores[place])
        assert limits[end][0] == pytest.approx(predictions.target_myr[place])


def test_the_whole_of_a_distribution_includes_times_of_probability_0():
    low, high = central_interval(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), np.array([0.0, 1, 2, 3]), 1.0)
    np.testing.assert_array_equal(low, [0, 0])
    np.testing.assert_array_equal(high, [3, 3])


@pytest.mark.parametrize("groups", [2, 3, 4, 12])
@pytest.mark.parametrize("share", [0.5, 0.68, 0.75, 0.9])
def test_the_levels_by_others_are_those_of_all_groups_but_one(groups, share):
    rng = np.random.default_rng(groups)
    group = rng.permutation(np.repeat([f"s_1_m_{number}" for number in range(groups)], np.arange(groups) + 1))
    scores = rng.integers(0, 20, len(group)) / 20  # many are equal
    for name, level in zip(group, levels_by_others(scores, group, share)):
        expected = conformal_level(scores[group != name], group[group != name], share)
        assert level == expected or (np.isnan(level) and expected is None)
