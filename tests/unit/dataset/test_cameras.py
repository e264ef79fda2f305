import numpy as np

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
