import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from scipy.special import ndtr

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, camera_directions, image_axes
from deepgalaxy.image import density_of, stretch
from deepgalaxy.simulation.render import Canvas, kernel_variance, take_images

FIXED = np.eye(3)
SIDE = 3  # a camera at polar angle 45 degrees


@pytest.fixture(scope="module")
def stars():
    """Positions and masses of a lopsided flat system."""
    rng = np.random.default_rng(1)
    positions = rng.normal(size=(3000, 3)) * (5, 3, 1) + (2, 0, 0)
    positions[:500] += (12, 5, 3)
    return positions, rng.uniform(0.5e-3, 1.5e-3, 3000)


def on_the_sky(positions, camera):
    return np.stack([positions @ axis for axis in image_axes(camera_directions()[camera])])


def pixel_shares(places, sigma, edges):
    """How much of each star's Gaussian lies between neighbouring edges: (stars, pixels)."""
    return np.diff(ndtr((edges - places[:, None]) / sigma[:, None]), axis=1)


def gaussians(sky, sigma, masses, pixels, half_width_kpc):
    """Surface densities of Gaussians that are integrated over pixels, star by star."""
    edges = np.linspace(-half_width_kpc, half_width_kpc, pixels + 1)
    columns, rows = (pixel_shares(places, sigma, edges) for places in sky)
    return (rows[:, ::-1].T * masses) @ columns / (2 * half_width_kpc / pixels) ** 2


@pytest.mark.parametrize("pixels", [8, 32, 45, 128])
def test_an_image_holds_the_mass_of_the_stars(stars, pixels):
    positions, masses = stars
    images, share_inside = take_images(positions, masses, FIXED, pixels, 40)
    assert images.shape == (14, pixels, pixels) and images.dtype == np.float32
    assert images.sum(axis=(1, 2)) * (80 / pixels) ** 2 == pytest.approx(masses.sum(), rel=0.01)
    assert images.min() >= 0
    assert share_inside == pytest.approx(1)


@pytest.mark.parametrize("pixels", [33, 48, 128])
def test_right_is_right_and_up_is_up_and_light_is_centred_on_its_star(pixels):
    right, up = image_axes(camera_directions()[SIDE])
    images, _ = take_images(np.tile(10.3 * right + 5.2 * up, (200, 1)), np.ones(200), FIXED, pixels, 40)
    places = (np.arange(pixels) + 0.5) * 80 / pixels - 40
    density = images[SIDE] / images[SIDE].sum()
    assert density.sum(axis=0) @ places == pytest.approx(10.3, abs=0.1)
    assert density.sum(axis=1) @ -places == pytest.approx(5.2, abs=0.1)


@pytest.mark.parametrize("pixels", [48, 128])
def test_antipodal_cameras_see_what_they_see_when_rendered_directly(stars, pixels):
    images, _ = take_images(*stars, FIXED, pixels, 40)
    for pair in ANTIPODAL_PAIRS:
        # Half a turn about "up" brings each camera of a pair to where the other was.
        up = image_axes(camera_directions()[pair[0]])[1]
        exchanged, _ = take_images(*stars, Rotation.from_rotvec(np.pi * up).as_matrix(), pixels, 40)
        for one, other in (pair, pair[::-1]):
            assert exchanged[one] == pytest.approx(images[other], rel=1e-4, abs=1e-8)


def test_turning_the_rig_is_turning_the_stars_the_other_way(stars):
    positions, masses = stars
    rig = Rotation.from_euler("zyx", (40, -70, 100), degrees=True).as_matrix()
    turned, turned_share = take_images(positions, masses, rig, 64, 15)
    fixed, fixed_share = take_images(positions @ rig, masses, FIXED, 64, 15)
    assert turned == pytest.approx(fixed, rel=1e-4, abs=1e-8)
    assert turned_share == pytest.approx(fixed_share) and 0.5 < turned_share < 0.99


@pytest.mark.parametrize("rig", [np.diag((1.0, 1, -1)), 2 * np.eye(3)])
def test_a_rig_that_would_distort_is_refused(stars, rig):
    with pytest.raises(ValueError, match="not a rotation"):
        take_images(*stars, rig, 32, 40)


def test_light_is_spread_further_where_stars_are_few():
    # So the noise is the same everywhere; without smoothing it would fall from 3.7 to 0.5.
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-20, 20, size=(2, 20_000))
    noise = []
    for number in (300, 2400, 19_200):
        image = Canvas.around(64, 20).surface_density(x[:number], y[:number], np.ones(number))[16:-16, 16:-16]
        noise.append(image.std() / image.mean())
    assert noise == pytest.approx(np.full(3, 0.28), abs=0.05)


@pytest.mark.parametrize(
    ("number", "least", "most"),
    [(1, 0.9 * kernel_variance(3, blurred=True), 1.1 * kernel_variance(3, blurred=True)), (3000, 1 / 6, 2 / 3)],
)
def test_a_lone_star_has_the_broadest_kernel_and_a_dense_nucleus_is_sharper_than_a_pixel(number, least, most):
    canvas = Canvas.around(128, 80)
    places = (np.arange(128) + 0.5) * 1.25 - 80
    variances = []
    for x in np.linspace(-5, 5, 23):
        image = canvas.surface_density(np.full(number, x), np.zeros(number), np.ones(number))
        variances.append(image.sum(axis=0) / image.sum() @ (places - x) ** 2 / 1.25**2)
    assert canvas.octaves == 3
    assert least < np.mean(variances) < most


def test_few_stars_show_many_at_least_as_well_as_gaussians_as_wide_as_the_neighbours_are_far():
    # An inclined exponential disc and a thin tail.
    rng = np.random.default_rng(1)

    def draw(number):
        radius, azimuth = rng.gamma(2, 3, number), rng.uniform(0, 2 * np.pi, number)
        disc = np.stack((radius * np.cos(azimuth), radius * np.sin(azimuth), rng.laplace(0, 0.3, number)), axis=1)
        along = rng.uniform(0, 2.5, number // 4)
        tail = np.stack((20 * np.cos(along), 30 * np.sin(along), 5 * along), axis=1)
        return np.concatenate((disc, tail + rng.normal(0, 1, tail.shape)))

    few, many = draw(3000), draw(100_000)
    truth = stretch(take_images(many, np.full(len(many), 5 / len(many)), FIXED, 64, 40)[0][SIDE])
    masses = np.full(len(few), 5 / len(few))

    def error(image):
        return np.sqrt(np.mean((stretch(image) - truth)[truth > 0.02] ** 2))

    ours = error(take_images(few, masses, FIXED, 64, 40)[0][SIDE])
    distance = cKDTree(few).query(few, k=[17])[0][:, 0]
    for share in (0.2, 0.3, 0.4, 0.5):
        assert ours <= error(gaussians(on_the_sky(few, SIDE), share * distance, masses, 64, 40))


def test_stars_outside_the_field_are_left_out_and_counted():
    positions = np.repeat([[0, 0, 100.0], [0, 0, 0]], 200, axis=0)
    images, share_inside = take_images(positions, np.repeat([1 / 200, 3 / 200], 200), FIXED, 32, 40)
    # From the poles, the far ones are in the middle.
    assert images.sum(axis=(1, 2)) * 2.5**2 == pytest.approx([4, 4, *[3] * 12], rel=0.01)
    assert share_inside == pytest.approx((2 * 4 + 12 * 3) / (14 * 4))


def test_a_field_without_stars_is_black():
    images, share_inside = take_images(np.full((5, 3), 200.0), np.ones(5), FIXED, 32, 40)
    assert images.max() == 0 and share_inside == 0


def test_stretch_keeps_to_zero_and_one_and_lifts_faint_light():
    brightness = stretch(np.array([0, 1e-4, 1e-3, 0.1, 5.0]))
    assert brightness.dtype == np.float32
    assert brightness[0] == 0 and brightness[3] == pytest.approx(1) and brightness[4] == 1
    assert brightness[2] > 0.3
    assert density_of(brightness[2]) == pytest.approx(1e-3)
