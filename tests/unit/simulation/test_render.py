import numpy as np
import pytest

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, camera_directions, image_axes
from deepgalaxy.image import density_of, stretch
from deepgalaxy.simulation.render import SMOOTHING_KPC, SmoothedStars, surface_density


@pytest.fixture(scope="module")
def stars():
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(3000, 3)) * (5, 3, 1) + (2, 0, 0)
    return SmoothedStars.by_density(positions, np.full(3000, 1e-3))


@pytest.mark.parametrize("pixels", [32, 48, 128])
def test_an_image_holds_the_mass_of_the_stars(stars, pixels):
    for direction in camera_directions()[::5]:
        density = surface_density(stars, direction, pixels, 40)
        assert density.sum() * (80 / pixels) ** 2 == pytest.approx(3.0, rel=0.01)


def test_right_is_right_and_up_is_up():
    direction = camera_directions()[3]
    right, up = image_axes(direction)
    star = SmoothedStars((20 * right + 10 * up)[None], np.ones(1), np.zeros(1, int))
    row, column = np.unravel_index(surface_density(star, direction, 80, 40).argmax(), (80, 80))
    assert (row, column) == (30, 60)


def test_antipodal_cameras_see_mirror_images(stars):
    # Away from the poles, where "up" is the same for both.
    for one, other in ANTIPODAL_PAIRS[3:]:
        images = [surface_density(stars, camera_directions()[camera], 64, 40) for camera in (one, other)]
        flips = (np.fliplr, np.flipud, np.rot90)
        difference = min(np.abs(flip(images[1]) - images[0]).sum() for flip in flips[:2])
        assert difference < 0.25 * images[0].sum()


def test_dense_stars_are_sharp_and_lone_stars_are_smooth():
    rng = np.random.default_rng(1)
    positions = np.vstack((rng.normal(size=(500, 3)) * 0.1, rng.normal(size=(20, 3)) * 30))
    stars = SmoothedStars.by_density(positions, np.ones(520))
    assert stars.level[:500].max() < stars.level[500:].min()
    assert stars.level.max() < len(SMOOTHING_KPC)


def test_stars_outside_the_field_are_left_out():
    stars = SmoothedStars(np.array([[0.0, 0, 41], [0, 0, -41]]), np.ones(2), np.zeros(2, int))
    assert surface_density(stars, np.array([1.0, 0, 0]), 32, 40).sum() == 0


def test_stretch_keeps_to_zero_and_one_and_lifts_faint_light():
    brightness = stretch(np.array([0, 1e-4, 1e-3, 0.1, 5.0]))
    assert brightness.dtype == np.float32
    assert brightness[0] == 0 and brightness[3] == pytest.approx(1) and brightness[4] == 1
    assert brightness[2] > 0.3
    assert density_of(brightness[2]) == pytest.approx(1e-3)
