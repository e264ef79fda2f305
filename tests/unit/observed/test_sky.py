"""Sky, noise and areas without data in observed images."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from deepgalaxy.observed.preparing import light_above_background
from deepgalaxy.observed.sky import border, noise_peak, seen

ROWS, COLUMNS = np.mgrid[:200, :200] / 200
GALAXIES = (
    2000 * np.exp(-np.hypot((COLUMNS - 0.42) / 1.6, ROWS - 0.48) / 0.03)
    + 1200 * np.exp(-np.hypot(COLUMNS - 0.62, (ROWS - 0.57) / 1.4) / 0.02)
).astype(np.float32)
FAINT = GALAXIES < 1
"""Where nothing but sky is to be seen, whatever the noise."""


def display(light):
    return np.clip(np.round(255 * np.arcsinh(light / 20) / np.arcsinh(100)), 0, 255)


def counts(sky, peak):
    return lambda rng: rng.poisson(sky + GALAXIES * (peak / GALAXIES.max()))


SHAPE = GALAXIES.shape
NOISY = {
    "normal": lambda rng: 300 + GALAXIES + rng.normal(0, 10, SHAPE),
    "uniform": lambda rng: 300 + GALAXIES + rng.uniform(-20, 20, SHAPE),
    "exponential": lambda rng: 300 + GALAXIES + rng.exponential(10, SHAPE),
    "lognormal": lambda rng: 300 + GALAXIES + rng.lognormal(1.5, 1, SHAPE),
    "Laplace": lambda rng: 300 + GALAXIES + rng.laplace(0, 10, SHAPE),
    "Cauchy": lambda rng: 300 + GALAXIES + 2 * rng.standard_cauchy(SHAPE),
    "shared by neighbours": lambda rng: 300 + GALAXIES + gaussian_filter(rng.normal(0, 50, SHAPE), 1.5),
    "calibrated counts": lambda rng: counts(0.2, 20)(rng) / 37.3 - 0.01,
    **{f"{sky} counts": counts(sky, max(20, 20 * sky)) for sky in (0.003, 0.02, 0.1, 0.3, 0.5, 1, 2, 5, 20)},
}


@pytest.mark.parametrize("noise", NOISY)
@pytest.mark.parametrize("pixels", [64, 200, 512])
def test_the_sky_stays_dark_whatever_the_noise_is_like(noise, pixels):
    image = NOISY[noise](np.random.default_rng(pixels)).astype(np.float32)
    lit = light_above_background(image, pixels) > 0
    place = np.arange(pixels) * 200 // pixels
    faint = FAINT[np.ix_(place, place)]
    assert lit[faint].mean() < 0.01
    assert lit[~faint].mean() > 0.04  # the galaxies are there


def test_a_tail_in_the_border_is_no_noise():
    image = np.random.default_rng(1).normal(size=SHAPE)
    everywhere = np.ones(SHAPE, bool)
    quiet = noise_peak(image, everywhere)
    assert quiet == pytest.approx(3, rel=0.05)
    image[:, 90:130] += 100 * np.random.default_rng(2).random((200, 40))
    assert noise_peak(image, everywhere) == pytest.approx(quiet, rel=0.1)


def test_the_border_follows_the_data_and_no_thin_gap_in_them():
    valid = np.ones((100, 100), bool)
    valid[:, :30] = False
    valid[:, 60:62] = False
    expected = valid.copy()
    expected[10:90, 40:90] = False
    np.testing.assert_array_equal(border(valid), expected)


AREAS = {
    "corners": np.abs(COLUMNS - 0.5) + np.abs(ROWS - 0.5) > 0.68,
    "frame": np.minimum(np.minimum(COLUMNS, 0.995 - COLUMNS), np.minimum(ROWS, 0.995 - ROWS)) < 0.1,
    "line": ROWS == 0,
    "side": COLUMNS > 0.82,
    "corner": COLUMNS + ROWS < 0.3,
    "bars": np.abs(ROWS - 0.5) > 0.35,
    "circle": np.hypot(COLUMNS - 0.5, ROWS - 0.5) > 0.47,
}
SKIES = {
    "of counts": lambda rng: 300 + GALAXIES + rng.normal(0, 10, SHAPE),
    "subtracted": lambda rng: GALAXIES + rng.normal(0, 10, SHAPE),
    "subtracted, of whole numbers": lambda rng: np.round(GALAXIES + rng.normal(0, 10, SHAPE)),
    "of few counts": counts(3, 100),
    "as displayed": lambda rng: np.clip(display(GALAXIES) + np.round(rng.normal(8, 3, SHAPE)), 0, 255),
    "without noise": lambda _: np.round(30 + 0.8 * display(GALAXIES)),
}


@given(
    st.sampled_from(sorted(AREAS)),
    st.sampled_from(sorted(SKIES)),
    st.sampled_from([0.0, -1.0, 255.0, 65535.0]) | st.floats(-1e5, 1e5, width=32),
    st.integers(0, 9),
)
@settings(deadline=None, max_examples=60)
def test_an_area_of_one_value_at_the_edge_is_no_data(area, sky, value, seed):
    image = SKIES[sky](np.random.default_rng(seed)).astype(np.float32)
    if sky == "without noise" and abs(value - 30) < 5:
        return  # one of its own steps, or next to them
    found = seen(np.where(AREAS[area], np.float32(value), image))
    # But for pixels of that value beside the area.
    assert not found[AREAS[area]].any() and found[~AREAS[area]].mean() > 0.99


def test_areas_of_one_value_within_each_other_are_no_data():
    image = np.pad(np.pad(SKIES["of counts"](np.random.default_rng(1)), 30, constant_values=0), 20, constant_values=9)
    np.testing.assert_array_equal(seen(image), np.pad(np.ones(SHAPE, bool), 50))


CONSTANT_SKIES = {
    "displayed, without noise": lambda _: display(GALAXIES),
    "whole numbers, without noise": lambda _: np.round(GALAXIES),
    "a pedestal, without noise": lambda _: np.round(GALAXIES / 10) + 30,
    "clipped": lambda rng: np.maximum(display(GALAXIES) + np.round(rng.normal(-2, 3, SHAPE)), 0),
    "cut out": lambda rng: np.where(GALAXIES > 5, GALAXIES + rng.normal(0, 1, SHAPE), 0),
    "two levels": lambda rng: display(GALAXIES) + 12 + (rng.random(SHAPE) < 0.3),
    **{f"{sky} counts": counts(sky, 20) for sky in (0.003, 0.02, 0.1, 0.3, 0.5, 0.6)},
}


@pytest.mark.parametrize("sky", CONSTANT_SKIES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sky_that_is_mostly_of_one_value_is_data(sky, seed):
    assert seen(CONSTANT_SKIES[sky](np.random.default_rng(seed)).astype(np.float32)).all()


@pytest.mark.filterwarnings("error")
@given(st.integers(8, 120), st.integers(8, 120), st.sampled_from([8, 32, 128]), st.floats(0, 0.99), st.integers(0, 9))
@settings(deadline=None)
def test_images_of_any_shape_with_any_gaps_give_light_or_a_sentence(height, width, pixels, missing, seed):
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 5, (height, width)).astype(np.float32)
    image[rng.random(image.shape) < missing] = np.nan
    image[: rng.integers(height)] = rng.choice([0, np.nan])
    try:
        light = light_above_background(image, pixels)
    except ValueError as error:
        assert str(error) in (
            "None of its pixels has a value.",
            "All of its pixels are the same.",
            "Too few of its pixels have a value.",
        )
    else:
        assert light.shape == (pixels, pixels) and np.isfinite(light).all()
