"""From observed images to what a network reads."""

import cv2
import h5py
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.image import FAINTEST, prepare_image, stretch
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.preparing import (
    Frame,
    fit_frame,
    light_above_background,
    pad_frame,
    prepare_light,
    prepare_observation,
    typical_brightness,
)
from deepgalaxy.observed.sky import SMALLEST_FEATURE, background_level, noise_level
from deepgalaxy.simulation.render import take_images

PIXELS = 32


@pytest.fixture(scope="module")
def density():
    """Surface densities of a pair of galaxies with a bridge, as a simulation is rendered, 128 pixels across."""
    rng = np.random.default_rng(1)
    galaxies = [rng.normal(size=(4000, 3)) * (4, 2, 1) + (side * 12, side * 5, 0) for side in (-1, 1)]
    bridge = rng.normal(size=(1000, 3)) + np.linspace(-1, 1, 1000)[:, None] * (12, 5, 0)
    positions = np.concatenate([*galaxies, bridge])
    images, _ = take_images(positions, np.full(len(positions), 5e-4), np.eye(3), 128, 40)
    return images[0]


@pytest.fixture(scope="module")
def simulated(density):
    """The image of these galaxies that a network would be trained on, in [0, 1]."""
    return prepare_image(stretch(density)[:, :, None], PIXELS, "float16").astype(np.float32)


@pytest.fixture
def train(tmp_path, simulated):
    """A prepared file in which all images are that one."""
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"] = np.repeat(np.rint(255 * simulated).astype(np.uint8)[None, :, :, None], 5, axis=0)
    return tmp_path / "train.hdf5"


def prepared(directory, names, train, largest_megapixels=100.0):
    frame = Frame.of(train)
    assert frame == Frame(PIXELS, "uint8", "square", None, pytest.approx(frame.brightness))
    images, files = {}, {}
    for name in names:
        row, image = prepare_observation(Observation(str(directory / name), name), frame, largest_megapixels)
        files[row["file"]] = row
        assert (image is not None) == row["used"]
        if row["used"]:
            assert image.dtype == np.uint8 and image.shape == (PIXELS, PIXELS) and row["field"] == "assumed"
            images[row["file"]] = image / 255
    return images, files


def test_an_observed_merger_looks_like_the_simulated_one_in_every_format(tmp_path, density, simulated, train):
    directory = tmp_path / "observed"
    directory.mkdir()
    rng = np.random.default_rng(2)
    # Counts of a camera: galaxies on a sky of 1000, of which 1 % of the brightest pixel is noise.
    counts = 1000 + density / density.max() * 20_000 + rng.normal(scale=200, size=density.shape)
    fits.PrimaryHDU(counts[::-1].astype(np.float32)).writeto(directory / "counts.fits")
    tifffile.imwrite(directory / "counts.tif", counts.round().astype(np.uint16))
    shown = np.rint(255 * stretch(density)).astype(np.uint8)
    iio.imwrite(directory / "shown.png", np.dstack([shown // 2 + 30] * 3))  # paler, on a sky that is not black
    iio.imwrite(directory / "shown.jpg", shown, quality=95)
    images, files = prepared(directory, ["counts.fits", "counts.tif", "shown.jpg", "shown.png"], train)
    assert {name: row["linear"] for name, row in files.items()} == {
        "counts.fits": True,
        "counts.tif": True,
        "shown.jpg": False,
        "shown.png": False,
    }
    for name, image in images.items():
        assert np.corrcoef(image.ravel(), simulated.ravel())[0, 1] > 0.95, name
        # Its sky is black, its bright parts are as bright, and what noise hides of the faint is all that is gone.
        assert np.percentile(image, 99) == pytest.approx(np.percentile(simulated, 99), abs=0.03), name
        assert (image[simulated < 0.02] < 0.1).mean() > 0.97, name
        np.testing.assert_allclose(image[simulated > 0.5], simulated[simulated > 0.5], atol=0.15, err_msg=name)


def test_files_that_cannot_be_used_are_named_with_the_reason_and_do_not_stop_the_rest(tmp_path, density, train):
    directory = tmp_path / "observed"
    directory.mkdir()
    fits.PrimaryHDU(density).writeto(directory / "good.fits")
    fits.PrimaryHDU(np.full((20, 30), 7.0)).writeto(directory / "constant.fits")
    fits.PrimaryHDU(np.full((20, 30), np.nan)).writeto(directory / "nan.fits")
    tifffile.imwrite(directory / "noise.tif", np.random.default_rng(1).normal(size=(128, 128)).astype(np.float32))
    iio.imwrite(directory / "tiny.png", np.arange(35, dtype=np.uint8).reshape(5, 7))
    iio.imwrite(directory / "large.png", np.zeros((200, 300), np.uint8))
    (directory / "empty.jpg").touch()
    (directory / "directory.png").mkdir()
    names = sorted(path.name for path in directory.iterdir())
    images, files = prepared(directory, names, train, largest_megapixels=0.05999)
    assert list(images) == ["good.fits"] and sorted(files) == names
    limit = "more than the 0.05999 million that `largest_megapixels` allows"
    assert {name: row.get("reason", "") for name, row in files.items()} == {
        "constant.fits": "All of its pixels are the same.",
        "directory.png": "It is neither a file nor a link to one.",
        "empty.jpg": "The file is empty.",
        "good.fits": "",
        "large.png": f"It has 300 × 200 pixels, {limit}.",
        "nan.fits": "None of its pixels has a value.",
        "noise.tif": "Nothing in it stands out from its background.",
        "tiny.png": "It has 7 × 5 pixels; it needs 8 on each side.",
    }
    assert (files["large.png"]["width"], files["large.png"]["height"], files["large.png"]["used"]) == (
        300,
        200,
        False,
    )
    assert len(files["good.fits"]["sha256"]) == 64 and files["directory.png"]["sha256"] == ""


def test_there_may_be_no_image_that_can_be_used(tmp_path, train):
    (tmp_path / "empty.png").touch()
    images, files = prepared(tmp_path, ["empty.png"], train)
    assert images == {} and files["empty.png"]["used"] is False


@given(st.integers(1, 150), st.integers(1, 150), st.integers(8, 40), st.integers(0, 2**32 - 1))
def test_the_frame_keeps_proportions_and_light(height, width, pixels, seed):
    image = np.random.default_rng(seed).uniform(1, 2, (height, width)).astype(np.float32)
    framed = pad_frame(fit_frame(image, pixels), pixels)
    assert framed.shape == (pixels, pixels) and framed.dtype == np.float32
    scale, lit = pixels / max(height, width), framed > 0
    sides = [np.flatnonzero(lit.any(axis=1 - axis)) for axis in (0, 1)]
    for side, filled in zip((height, width), sides):
        assert np.abs(len(filled) - max(1, side * scale)) <= 0.5
        assert abs((filled[0] + filled[-1] + 1) / 2 - pixels / 2) <= 0.5
    # What is shrunk keeps its mean, and thus its light, but for the half pixel by which a side is rounded.
    if max(height, width) >= pixels:
        assert framed.sum() == pytest.approx(image.mean() * len(sides[0]) * len(sides[1]), rel=1e-4)


@given(st.floats(1e-3, 1e4), st.floats(-100, 100))
@settings(deadline=None)
def test_neither_gain_nor_sky_of_a_linear_image_matters(gain, sky):
    rows, columns = np.mgrid[:40, :60]
    light = 20 * np.exp(-np.hypot(columns - 25, rows - 18) / 6) + np.random.default_rng(1).gamma(0.2, size=(40, 60))
    one, other = (
        prepare_light(light_above_background(image, PIXELS), True, 0.7, "float16").astype(float)
        for image in (light.astype(np.float32), (gain * (light + sky)).astype(np.float32))
    )
    assert one.max() > 0.5
    # But for a pixel that is as bright as the noise may be, and falls to one side or the other, with what it joins.
    assert (np.abs(one - other) > 0.02).sum() <= SMALLEST_FEATURE


def test_square_images_are_shrunk_as_simulated_ones_are(density):
    expected = cv2.resize(density, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA)
    level = background_level(density, np.ones(density.shape, bool))
    light = light_above_background(density, PIXELS)
    bright = expected > 10 * FAINTEST
    assert bright.sum() > 50
    np.testing.assert_allclose(light[bright], expected[bright] - level, rtol=1e-4)


def test_the_background_is_that_of_the_border():
    image = np.random.default_rng(1).normal(50, 2, (100, 200))
    image[10:-10, 10:-10] = 1000
    image[0, :60] = 5000  # a star at the edge
    valid = np.ones(image.shape, bool)
    assert background_level(image, valid) == pytest.approx(50, abs=0.2)
    assert noise_level(image, valid) == pytest.approx(2, rel=0.05)
    # A smooth gradient is no noise.
    assert noise_level(image + np.linspace(0, 100, 200), valid) == pytest.approx(2, rel=0.1)
    inside = np.zeros(image.shape, bool)
    inside[20:30, 20:30] = True
    assert background_level(image, inside) == 1000 and noise_level(image, inside) == 0  # no border to be had


def test_pixels_without_a_value_count_as_background(density):
    image = density + 0.5
    image[:20] = np.nan
    image[60:64, 60:64] = np.inf
    light = light_above_background(image, PIXELS)
    assert np.isfinite(light).all() and (light[:5] == 0).all() and light[15, 15] == 0
    assert light.max() == pytest.approx(light_above_background(density, PIXELS).max(), rel=1e-3)


def test_brightness_is_matched_at_the_percentile():
    light = np.linspace(0, 5, 1024, dtype=np.float32).reshape(PIXELS, PIXELS)
    for linear in (True, False):
        image = prepare_light(light, linear, 0.6, "uint8")
        assert np.percentile(image, 99) / 255 == pytest.approx(0.6, abs=0.01)
    # Display images keep their proportions, linear ones are stretched.
    assert prepare_light(light, False, 0.6, "float16")[16, 0] == pytest.approx(0.303, abs=0.005)
    assert prepare_light(light, True, 0.6, "float16")[16, 0] > 0.45
    with pytest.raises(ValueError, match="Nothing in it stands out"):
        prepare_light((light == 5).astype(np.float32), True, 0.6, "uint8")


def test_a_prepared_file_says_what_its_images_are_like(train):
    with h5py.File(train, "a") as file:
        file.attrs.update(shape="disc", half_width_kpc=80.0)
    frame = Frame.of(train)
    assert (frame.shape, frame.half_width_kpc) == ("disc", 80.0)


def test_typical_brightness_of_training_images(tmp_path):
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        levels = np.array([0.2, 0.9, 0.4])
        ramps = levels[:, None] * np.linspace(0, 1, 101)  # whose 99th percentile is 0.99 of the highest
        file["float"] = ramps.reshape(3, 101, 1, 1).astype(np.float16)
        file["byte"] = np.rint(255 * ramps).astype(np.uint8).reshape(3, 101, 1, 1)
        for name in ("float", "byte"):
            assert typical_brightness(file[name]) == pytest.approx(0.99 * 0.4, abs=0.003)
