"""Light that is moved, turned, scaled, reduced and blurred."""

import numpy as np
import pytest

from deepgalaxy.image import BRIGHTEST, FAINTEST, disc, stretch
from deepgalaxy.resampling import Move, Sight, blurred, light_of, reduced, sight_of, store, to_store

SEEN = Sight(16, "uint8", "disc", 2, 80.0)
MARGIN = 4  # pixels of a frame of 40 on each side of the 32 that are seen


def random_frame(side=40):
    return np.random.default_rng(1).gamma(1, 1e-3, (side, side)).astype(np.float32)


def exact_means(frame):
    inside = frame[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return inside.reshape(16, 2, 16, 2).mean((1, 3))


def source(row, column, side=40):
    """A frame with a smooth source about a place given in pixels from the upper left corner."""
    across, along = (np.exp(-((np.arange(side) + 0.5 - place) ** 2) / 8) for place in (column, row))
    return np.outer(along, across).astype(np.float32)


def centroid(image):
    rows, columns = np.indices(image.shape) + 0.5
    return (rows * image).sum() / image.sum(), (columns * image).sum() / image.sum()


@pytest.mark.parametrize("dtype", ["uint8", "float16"])
def test_light_is_what_the_stretch_shows(dtype):
    light = np.geomspace(FAINTEST / 100, BRIGHTEST, 64).astype(np.float32).reshape(8, 8)
    shown = store(light, dtype)
    np.testing.assert_allclose(shown / (255 if dtype == "uint8" else 1), stretch(light), atol=0.0021)
    np.testing.assert_array_equal(store(light_of(shown), dtype), shown)
    assert light_of(shown[None, ..., None]).shape == (1, 8, 8, 1)


def test_what_is_below_zero_is_black_and_what_is_too_bright_is_white():
    light = np.array([[-1, 0], [1, BRIGHTEST]], np.float32)
    assert store(light, "uint8").tolist() == [[0, 0], [255, 255]]


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_quarter_turns_and_mirrors_are_exact_means_over_the_pixels_of_the_frame(quarters, mirror):
    frame = random_frame()
    expected = np.rot90(exact_means(frame)[:, ::-1] if mirror else exact_means(frame), quarters)
    found = reduced(frame, SEEN, Move(90.0 * quarters, mirror))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_frame_three_times_as_fine_is_averaged_too():
    frame = random_frame(54)
    found = reduced(frame, Sight(16, "uint8", "disc", 3))
    np.testing.assert_allclose(found, frame[3:-3, 3:-3].reshape(16, 3, 16, 3).mean((1, 3)), rtol=1e-6)


def test_a_known_source_is_found_where_scale_shift_and_turn_put_it():
    frame = source(row=20, column=24)  # 2 of 16 pixels to the right of the centre, in what is seen
    for move, place in {
        Move(): (8, 10),
        Move(scale=1.4): (8, 8 + 2 * 1.4),
        Move(scale=0.7): (8, 8 + 2 * 0.7),
        Move(right=0.125, down=-0.125): (6, 12),
        Move(angle=90): (6, 8),
        Move(angle=30): (8 - 1, 8 + 2 * np.sqrt(0.75)),
        Move(mirror=True): (8, 6),
        Move(mirror=True, angle=90, right=0.125): (10, 10),
    }.items():
        assert centroid(reduced(frame, SEEN, move)) == pytest.approx(place, abs=0.05), move


@pytest.mark.parametrize("angle", [15, 45, 123])
def test_no_corner_of_a_disc_gives_the_angle_away(angle):
    """A frame that is bright everywhere, cut as prepare_images cuts it, looks the same at any angle and at any scale
    at which its own edge is not seen."""
    frame = np.full((40, 40), BRIGHTEST / 3, np.float32) * disc(40)
    for scale in (0.85, 1.0, 1.3):
        upright, turned = (to_store(reduced(frame, SEEN, Move(some, scale=scale)), SEEN) for some in (0, angle))
        assert np.abs(turned.astype(int) - upright).max() <= 2
        assert upright[8, 8] and not upright[0, 0]
    square = Sight(16, "uint8", "square", 2)
    corner = to_store(reduced(np.full((40, 40), BRIGHTEST, np.float32), square, Move(45.0)), square)[0, 0]
    assert not corner, "the test would see it"


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1, 2.5])
def test_a_blur_conserves_light_and_has_the_variance_asked_for(sigma):
    image = np.zeros((41, 41), np.float32)
    image[20, 20] = 1
    found = blurred(image, sigma)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    rows = np.arange(41) - 20
    assert (found.sum(1) * rows**2).sum() == pytest.approx(sigma**2, rel=0.01)
    assert blurred(image, 0) is image


def test_frames_leave_as_many_pixels_on_both_sides():
    assert Sight(64, "uint8", "disc", 2).frame_pixels(100, 80) == 160
    assert Sight(64, "uint8", "disc", 2).frame_pixels(1, 1) == 128
    assert Sight(32, "uint8", "disc", 3).frame_pixels(90, 80) == 108


def test_files_of_an_earlier_version_are_square_and_have_no_frames():
    old = sight_of({}, (5, 16, 16, 1), "uint8")
    assert old == Sight(16, "uint8") and old.shape == "square"
    with pytest.raises(ValueError, match="not known how many kpc"):
        _ = old.pixel_kpc
    attributes = {"shape": "disc", "oversampling": np.int64(2), "half_width_kpc": np.float64(80)}
    assert sight_of(attributes, (5, 16, 16, 1), "uint8") == SEEN
    assert SEEN.pixel_kpc == 10
