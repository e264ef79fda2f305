"""The area under the curve, by hand and by scikit-learn, and its interval over simulations."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from deepgalaxy.evaluation.discrimination import area_interval, area_under_curve


def test_the_area_is_that_of_pairs():
    score, positive = np.array([1, 3, 0, 1, 2]), np.array([1, 1, 0, 0, 0])
    assert area_under_curve(score, positive) == pytest.approx((1.5 + 3) / 6)
    rng = np.random.default_rng(1)
    score, positive = rng.integers(0, 20, 200).astype(float), rng.uniform(size=200) < 0.3
    assert area_under_curve(score, positive) == pytest.approx(roc_auc_score(positive, score))
    assert np.isnan(area_under_curve(score, np.ones(200)))
    assert np.isnan(area_under_curve(score * np.nan, positive))


@pytest.mark.parametrize("mixed", [False, True])
def test_its_interval_is_over_simulations(mixed):
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(12), 50)
    positive = rng.uniform(size=600) < 0.5 if mixed else group > 5
    score = positive + rng.normal(0, 1, 12)[group] + rng.normal(0, 0.2, len(group))
    low, high = area_interval(score, positive, group, 7)
    assert low < area_under_curve(score, positive) < high
    assert high - low > (0.05 if mixed else 0.1)  # images of one simulation say the same
    assert area_interval(score, positive, group, 7) == (low, high)
    # The same by resampling the images themselves.
    draws = []
    for _ in range(300):
        drawn = rng.integers(0, 12, 12) if mixed else np.concatenate([rng.integers(0, 6, 6), rng.integers(6, 12, 6)])
        chosen = np.concatenate([np.flatnonzero(group == name) for name in drawn])
        draws.append(roc_auc_score(positive[chosen], score[chosen]))
    np.testing.assert_allclose(np.percentile(draws, [2.5, 97.5]), (low, high), atol=0.07)


def test_draws_of_one_kind_are_left_out():
    score, positive, group = np.arange(8.0), np.array([0, 1, 1, 0, 1, 1, 1, 1]), np.repeat([0, 1, 2, 3], 2)
    low, high = area_interval(score, positive, group, 1)
    assert 0 <= low < high <= 1


def test_without_several_simulations_of_each_kind_there_is_no_interval():
    score, positive = np.arange(4.0), np.array([False, False, True, True])
    assert area_interval(score, positive, np.array([0, 1, 2, 2]), 1) == (None, None)
    assert area_interval(score, positive, np.array([0, 1, 2, 3]), 1) == (None, None)  # all draws agree
    assert area_interval(score * np.nan, positive, np.array([0, 1, 2, 3]), 1) == (None, None)
    assert area_interval(score, positive, np.array([0, 0, 0, 0]), 1) == (None, None)
