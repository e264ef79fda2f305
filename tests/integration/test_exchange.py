"""Ranks really exchange gradients: with Keras 3, Horovod's own optimizer wrapper would silently exchange none."""

import sys
from functools import cache

import numpy as np
import pytest

from deepgalaxy.cluster.job import TrainingJob

OBJECTIVES = ("classified", "reconstructed", "compressed_maps")
STARTED = {
    1: ("accumulated", "compressed", "unsynchronised", *OBJECTIVES),
    2: ("accumulated", "compressed", "unsynchronised", "synchronised", "bucketed", "different_everything", *OBJECTIVES),
    4: ("accumulated",),
}
"""What each number of ranks runs in one start, since TensorFlow takes seconds to load."""


@pytest.fixture(scope="module")
def train(run, root, tmp_path_factory):
    """A function that returns the trainable weights of each rank after one of the runs of exchange.py."""
    directory = tmp_path_factory.mktemp("exchange")

    @cache
    def start(workers):
        command = [sys.executable, root / "tests/support/exchange.py", workers, directory, *STARTED[workers]]
        result = run(*TrainingJob(workers, 1, 1).launch_command(), *command)
        assert result.returncode == 0, result.stderr

    def train(what, workers):
        start(workers)
        return [dict(np.load(directory / f"{what}-{workers}.{rank}.npz")) for rank in range(workers)]

    return train


def test_ranks_end_with_equal_weights_from_different_seeds_and_data(train):
    one, other = train("different_everything", 2)
    assert len(one) > 5 and one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def difference(one, other):
    """The largest difference between two sets of weights."""
    return max(np.abs(one[name] - other[name]).max() for name in one)


def test_a_global_batch_gives_the_same_update_however_it_is_dealt(train):
    whole, *_ = train("accumulated", 1)
    for workers in (2, 4):
        for weights in train("accumulated", workers):
            for name in whole:
                np.testing.assert_allclose(weights[name], whole[name], rtol=1e-4, atol=2e-6, err_msg=name)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_two_ranks_make_the_update_of_one_with_twice_the_batch_for_each_objective(train, objective):
    (whole,) = train(objective, 1)
    for weights in train(objective, 2):
        assert difference(weights, whole) < 1e-5


def test_gradients_in_half_precision_differ_by_its_rounding_and_not_between_ranks(train):
    whole, *_ = train("compressed", 1)
    one, other = train("compressed", 2)
    assert difference(one, other) == 0
    assert 1e-7 < difference(one, whole) < 1e-3


def test_buckets_of_gradients_give_the_bits_of_a_single_exchange(train):
    one, other = train("bucketed", 2)  # which compares with a single exchange
    assert difference(one, other) == 0


def test_synchronised_batch_normalisation_is_that_of_the_global_batch(train):
    whole, *_ = train("unsynchronised", 1)
    assert difference(train("synchronised", 2)[0], whole) < 1e-5
    assert difference(train("unsynchronised", 2)[0], whole) > 1e-3
