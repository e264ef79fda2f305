"""Distances from what was trained on, and what they warn of, against cases worked out by hand."""

import numpy as np
import pytest

from deepgalaxy.observed.novelty import Limits, LoneProbe, TrainingFeatures

# The second feature has a hundredth of the weight of the first, until both are standardised: then (2, 0) and (0, 200)
# are equally far from (0, 0), the mean of the training images, with a standard deviation of 1 and 100.
TRAINING = np.array([[1, 100], [1, -100], [-1, 100], [-1, -100]], np.float32)
FEATURES = np.array([[1, 200], [3, 100], [0.9, -90]], np.float32)


def test_distances_are_in_standardised_features():
    found = TrainingFeatures(TRAINING, np.zeros(4, bool)).find(FEATURES)
    assert found.index[:, 0].tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.distance[:, 0], [1, 2, np.hypot(0.1, 0.1)], rtol=1e-5)
    # From (1, 200): (1, 100) is 1 off, (-1, 100) √5, (1, -100) 3.
    assert found.index[0].tolist() == [0, 2, 1]
    np.testing.assert_allclose(found.distance[0], [1, np.sqrt(5), 3], rtol=1e-5)
    np.testing.assert_allclose(found.to_merger, found.distance[:, 0])


def test_lone_galaxies_are_neighbours_and_do_not_make_an_image_familiar():
    found = TrainingFeatures(TRAINING, np.array([True, False, False, False])).find(FEATURES)
    assert found.index[:, 0].tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.to_merger, [np.sqrt(5), np.sqrt(8), np.hypot(0.1, 0.1)], rtol=1e-5)


def test_lone_galaxies_are_told_by_their_features():
    rng = np.random.default_rng(1)
    lone = np.arange(300) % 10 == 0  # a tenth
    training = TrainingFeatures(
        (rng.normal(size=(300, 2)) * (1, 100) + lone[:, None] * (0, 600)).astype(np.float32), lone
    )
    probe = LoneProbe.fit(training)
    middle = np.array([[0, 0], [0, 300], [0, 600]], np.float32)
    low, half, high = probe.probability(training.standardised(middle))
    assert low < 0.1 and 0.2 < half < 0.8 and high > 0.9
    assert LoneProbe.fit(TrainingFeatures(training.features, np.zeros(300, bool))) is None


def test_there_may_be_no_image():
    found = TrainingFeatures(TRAINING, np.zeros(4, bool)).find(np.empty((0, 2), np.float32))
    assert found.index.shape == (0, 3) and found.to_merger.shape == (0,)


def test_what_is_usual_is_that_of_nearly_all_validation_mergers():
    limits = Limits.of(np.linspace(0, 1, 101), np.linspace(0, 0.2, 101))
    assert limits.familiar_distance == pytest.approx(0.95) and limits.lone_probability == pytest.approx(0.19)
    np.testing.assert_allclose(limits.novelty(np.array([0, 1.9])), [0, 2])
    assert Limits.of(np.ones(3), None).lone_probability is None
    assert np.isfinite(Limits.of(np.zeros(3), None).novelty(np.ones(1))).all()
    with pytest.raises(ValueError, match="No image of a merger was validated on"):
        Limits.of(np.empty(0), None)


def test_a_warning_says_which_it_is():
    limits = Limits(1.0, 0.3)
    assert limits.warning(1.0, 0.3) == "" and limits.warning(0.5) == ""
    far, lone, both = limits.warning(1.26, 0.1), limits.warning(0.3, 0.4), limits.warning(1.26, 0.4)
    assert "1.3 times as far from its nearest training merger as 95 % of the validation mergers" in far
    assert "without a companion (probability 0.4; more than 0.3 is unusual" in lone and "far" not in lone
    assert both == f"{lone} {far}"
    assert Limits(1.0, None).warning(0.5, 0.9) == ""
