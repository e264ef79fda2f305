"""Scores of predicted properties, by their definitions."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from deepgalaxy.properties.scores import (
    angle_between,
    crps,
    error_of,
    labels_of,
    level_of,
    mean_of,
    median_of,
    squared_error,
    typical,
)
from deepgalaxy.targets import Target, as_five_numbers

EDGES = np.array([-1.0, 0, 2, 5])
TIME = Target("t_peri_myr", "histogram", "Myr", 0.0, 100.0, 10, 1.0, 1.0)
LINE = Target("line_of_sight", "axis", "degrees", np.nan, np.nan, 5, 1.0, 1.0)
LONE = Target("lone", "binary", "", np.nan, np.nan, 2, 1.0, 1.0)


@pytest.mark.parametrize("true", [-4.0, -1.0, -0.3, 0.0, 1.7, 4.9, 5.0, 7.5])
def test_crps_is_the_integral_of_its_definition(true):
    distribution = np.random.default_rng(1).dirichlet(np.ones(3), 1)
    function = np.append(0, np.cumsum(distribution))

    def squared(x):
        return (np.interp(x, EDGES, function) - (x >= true)) ** 2

    ends = sorted({-10.0, *EDGES, true, 10.0})
    expected = sum(quad(squared, *pair)[0] for pair in pairwise(ends))
    assert crps(distribution, EDGES, np.array([true]))[0] == pytest.approx(expected, rel=1e-6)


def test_a_sharp_distribution_has_the_absolute_error_as_crps():
    sharp = np.eye(10)[[2]]
    assert crps(sharp, TIME.edges, np.array([85.0]))[0] == pytest.approx(60, rel=0.05)


def test_moments_and_levels_of_a_distribution():
    distribution = np.array([[0.2, 0.6, 0.2], [0, 0, 1.0]])
    np.testing.assert_allclose(median_of(distribution, EDGES), [1, 3.5])
    np.testing.assert_allclose(mean_of(distribution, EDGES), [-0.1 + 0.6 + 0.7, 3.5])
    np.testing.assert_allclose(level_of(distribution, EDGES, np.array([1.0, -3])), [0.5, 0])


def test_errors_of_each_kind():
    label = labels_of(np.array([[42.0]]), TIME)
    assert error_of(label, np.array([[42.0]]), TIME)[0] == pytest.approx(0, abs=0.3)
    assert error_of(label, np.array([[12.0]]), TIME)[0] == pytest.approx(30, abs=0.3)
    axis, other = np.array([[0.6, 0.8, 0]]), np.array([[0.0, 0, -1]])
    assert error_of(as_five_numbers(axis), -axis, LINE)[0] == pytest.approx(0, abs=1e-5)
    assert error_of(as_five_numbers(axis), other, LINE)[0] == pytest.approx(90)
    assert squared_error(as_five_numbers(axis), -axis, LINE)[0] == pytest.approx(0)
    assert error_of(np.array([[0.3, 0.7]]), np.array([[1.0]]), LONE)[0] == pytest.approx(0.09)
    assert typical(np.array([0.0, 0, 3]), LONE) == 1 and typical(np.array([0.0, 0, 3]), TIME) == 0
    assert typical(np.array([]), TIME) == np.inf


def test_a_random_axis_is_off_by_60_degrees():
    random = np.random.default_rng(1).normal(size=(2, 20000, 3))
    random /= np.linalg.norm(random, axis=2, keepdims=True)
    assert np.median(angle_between(*random)) == pytest.approx(60, abs=1)
