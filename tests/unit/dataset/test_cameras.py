from itertools import combinations

import numpy as np
import pytest

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, CAMERA_COUNT, camera_directions, image_axes


def test_positions_are_the_published_ones():
    directions = camera_directions()
    assert directions.shape == (CAMERA_COUNT, 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_array_equal(directions[:2], [[0, 0, 1], [0, 0, -1]])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(directions[2], [half, 0, half], atol=1e-12)
    np.testing.assert_allclose(directions[7], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(directions[12], [-half, 0, -half], atol=1e-12)


def test_antipodal_pairs_cover_all_cameras_and_face_each_other():
    directions = camera_directions()
    assert sorted(camera for pair in ANTIPODAL_PAIRS for camera in pair) == list(range(CAMERA_COUNT))
    for one, other in ANTIPODAL_PAIRS:
        np.testing.assert_allclose(directions[one], -directions[other], atol=1e-12)


def test_image_axes_are_right_handed_with_the_viewer():
    for direction in camera_directions():
        right, up = image_axes(direction)
        np.testing.assert_allclose(np.cross(right, up), direction, atol=1e-12)
    assert image_axes(np.array([1.0, 0.0, 0.0]))[1] @ [0, 0, 1] == 1


@pytest.mark.parametrize(
    ("turns", "mirror", "pairs"),
    [((1, 2, 3), False, set()), ((0, 2), True, set(ANTIPODAL_PAIRS))],
    ids=["turn", "flip"],
)
def test_mirrors_make_a_camera_of_the_opposite_one_and_turns_of_none(turns, mirror, pairs):
    """On this rests what `planning.combinations` refuses."""
    stars = np.random.default_rng(1).normal(size=(20, 3))
    images = [stars @ np.array(image_axes(direction)).T for direction in camera_directions()]
    quarter = np.array([[0, 1], [-1, 0]])
    changes = [np.linalg.matrix_power(quarter, turn) @ np.diag([-1 if mirror else 1, 1]) for turn in turns]
    same = {
        (one, other)
        for one, other in combinations(range(CAMERA_COUNT), 2)
        if any(np.allclose(images[one] @ change, images[other]) for change in changes)
    }
    assert same == pairs
