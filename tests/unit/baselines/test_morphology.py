"""Statistics of morphology, against cases worked out by hand."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.baselines.morphology import (
    BLOCK,
    LARGEST_SIDE,
    STATISTICS,
    asymmetry,
    concentration,
    gini,
    m20,
    measure_image,
    measure_morphology,
    nuclear_separation,
    symmetry_centre,
)


def blob(pixels, row, column, sigma, brightness=1.0):
    rows, columns = np.ogrid[:pixels, :pixels]
    return brightness * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * sigma**2))


def merger(seed, pixels=48):
    """Two unequal galaxies with clumps, as an eight-bit image stores them."""
    random = np.random.default_rng(seed)
    image = blob(pixels, 22, 18, random.uniform(3, 5)) + blob(pixels, 27, 30, random.uniform(2, 3), 0.9)
    image += sum(blob(pixels, *random.uniform(10, 38, 2), 1.5, 0.3) for _ in range(5))
    return np.round(255 * image / image.max()) / 255


def test_gini_by_hand():
    assert gini(np.full(7, 0.3)) == pytest.approx(0)
    assert gini(np.array([0, 0, 1, 0])) == 1
    assert gini(np.array([3, 1, 2])) == pytest.approx((-2 * 1 + 0 * 2 + 2 * 3) / (6 * 2))
    assert np.isnan(gini(np.array([0.5])))


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=30))
def test_gini_is_the_mean_difference_of_pairs(values):
    values = np.array(values)
    n = len(values)
    differences = np.abs(values[:, None] - values).sum() / (n * (n - 1))
    assert gini(values) == pytest.approx(differences / (2 * values.mean()), abs=1e-9)


def test_m20_by_hand():
    # Square distances from the centroid: 4, 0 and 4; the area of a pixel adds 1/6. The fifth is 1 of 5.
    assert m20(np.array([[1.0, 0, 3, 0, 1]])) == pytest.approx(np.log10((1 / 6) / (3 / 6 + 2 * 25 / 6)))
    # Half of it from either end, which are of one brightness.
    assert m20(np.array([[2.0, 0, 1, 0, 2]])) == pytest.approx(np.log10((25 / 6) / (4 * 25 / 6 + 1 / 6)))
    # The fifth is 3 of 15: the 2 in the middle, and half of the two pixels beside it.
    # The square distances of the others, from 2 to 12 on either side, add up to 649.
    light = np.full((1, 25), 0.5)
    light[0, 11:14] = 1, 2, 1
    total = 2 / 6 + 2 * (1 + 1 / 6) + 2 * 0.5 * (649 + 11 / 6)
    assert m20(light) == pytest.approx(np.log10((2 / 6 + 1 + 1 / 6) / total))
    assert m20(light / 2) == pytest.approx(m20(light))


def test_concentration_of_a_disc_and_of_an_exponential():
    rows, columns = np.ogrid[:201, :201]
    radius = np.hypot(rows - 90, columns - 105)
    centre = np.array([90, 105])
    # A fifth and four fifths of an area: the radii are as 1 to 2.
    assert concentration((radius < 70) * 0.4, centre) == pytest.approx(5 * np.log10(2), abs=0.01)
    # 1 - (1 + x) exp(-x) is 0.2 at x = 0.824 and 0.8 at 2.994.
    assert concentration(np.exp(-radius / 8), centre) == pytest.approx(5 * np.log10(2.994 / 0.824), abs=0.03)
    # Half of a single pixel is within the square distance of 1/6, all of it within that of the next pixel, 7/6.
    alone = 5 / 2 * np.log10((1 / 6 + 0.3 / 0.5) / (1 / 6))
    assert concentration(np.array([[0, 0, 1.0]]), np.array([0, 2])) == pytest.approx(alone)


def test_asymmetry_by_hand():
    light = np.array([[1.0, 3]])
    assert asymmetry(light, np.array([0, 0.5])) == 1  # 1 and 3 fall on each other, both ways
    assert asymmetry(light, np.array([0, 1])) == 0.5  # 1 falls outside
    assert asymmetry(np.array([[1.0, 1, 0, 0]]), np.array([0, 1.5])) == 2
    np.testing.assert_array_equal(symmetry_centre(light), [0, 1])
    # Of three equal pixels any two can be laid on each other.
    corner = np.array([[1.0, 1], [1, 0]])
    assert asymmetry(corner, symmetry_centre(corner)) == pytest.approx(2 / 3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_what_is_symmetric_about_a_point_has_no_asymmetry(seed):
    random = np.random.default_rng(seed)
    height, width, top, left = random.integers(2, 9, 4)
    part = random.uniform(size=(height, width))
    light = np.zeros((24, 24))
    light[top : top + height, left : left + width] = part + part[::-1, ::-1]
    centre = symmetry_centre(light)
    np.testing.assert_array_equal(centre, [top + (height - 1) / 2, left + (width - 1) / 2])
    assert asymmetry(light, centre) == pytest.approx(0)


def test_separation_of_two_nuclei():
    image = blob(64, 20, 14, 2) + blob(64, 32, 30, 2, 0.9)
    assert nuclear_separation(image) == np.hypot(12, 16) / 64
    assert nuclear_separation(image + blob(64, 50, 50, 2, 0.85)) == np.hypot(12, 16) / 64  # the two brightest
    assert nuclear_separation(blob(64, 20, 14, 2)) == 0
    assert nuclear_separation(blob(64, 20, 14, 2) + blob(64, 32, 30, 2, 0.5)) == 0  # too faint for a nucleus
    large = blob(256, 80, 56, 8) + blob(256, 128, 120, 8, 0.9)
    assert nuclear_separation(large) == pytest.approx(np.hypot(12, 16) / 64)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_turned_mirrored_and_dimmed_images_are_the_same(seed):
    image = merger(seed)
    expected = measure_image(image)
    assert np.isfinite(expected).all()
    for other in (np.rot90(image), np.rot90(image, 2), image[:, ::-1], image[::-1], image.T, image / 2):
        assert measure_image(other) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_statistics_follow_a_merger():
    """Two equal galaxies apart, and the one that they become: the trends for which each statistic is known."""
    apart = measure_image(blob(64, 32, 18, 4) + blob(64, 32, 46, 4, 0.95))
    one = measure_image(blob(64, 32, 32, 3) + 0.3 * blob(64, 32, 32, 10))
    apart, one = (dict(zip(STATISTICS, values)) for values in (apart, one))
    assert apart["separation"] == 28 / 64 and one["separation"] == 0
    assert apart["m20"] > one["m20"] + 0.5 and apart["concentration"] < one["concentration"] - 0.5
    assert one["asymmetry"] == pytest.approx(0)


def test_only_the_galaxies_count_and_not_the_faint_ground_about_them():
    image = merger(3)
    ground = np.random.default_rng(1).uniform(0, 0.02, image.shape)
    assert measure_image(np.maximum(image, ground)) == pytest.approx(measure_image(image), abs=0.05)
    assert gini(image.ravel()) > measure_image(image)[0] + 0.3


def test_images_with_nothing_to_measure():
    for empty in (np.zeros((16, 16)), np.full((16, 16), 0.5)):
        assert np.isnan(measure_image(empty)).all()
    for place in ((0, 0), (8, 9)):
        spot = np.zeros((64, 64))
        spot[place] = 1 / 255
        # One pixel has it all, and its fifth a fifth of the second moment; there is no second nucleus.
        assert measure_image(spot) == pytest.approx((1, np.log10(0.2), 2.5 * np.log10(4.6), 0, 0))


@pytest.fixture
def prepared(tmp_path):
    """Prepared files with the rows of three splits, shuffled, the training split larger than a block."""
    rows = np.random.default_rng(1).permutation(BLOCK + 12)
    files = {}
    for split, part in zip(("train", "validation", "test"), np.split(rows, [BLOCK + 3, BLOCK + 8])):
        files[split] = tmp_path / f"{split}.hdf5"
        dtype = "float16" if split == "test" else "uint8"
        images = np.array([merger(row, 24) if row else np.zeros((24, 24)) for row in part])[..., None]
        with h5py.File(files[split], "w") as file:
            file["row"] = part
            file["images"] = (images * 255).round().astype(dtype) if dtype == "uint8" else images.astype(dtype)
    return files


def test_each_image_of_a_sample_has_its_row(prepared):
    table = measure_morphology(prepared, processes=2)
    assert table.columns.tolist() == ["row", "split", *STATISTICS]
    assert table["row"].tolist() == list(range(BLOCK + 12))
    for split, path in prepared.items():
        with h5py.File(path) as file:
            assert (table["split"][file["row"][:]] == split).all()
    for row in (1, BLOCK + 11):
        expected = measure_image(merger(row, 24))
        assert table.loc[row, list(STATISTICS)].tolist() == pytest.approx(expected, abs=0.01)
    assert table.loc[0, list(STATISTICS)].isna().all()


@pytest.mark.parametrize("side", [4 * LARGEST_SIDE, 300])
def test_large_images_are_measured_at_a_smaller_size_and_come_out_alike(side, tmp_path):
    scale = side / 48
    image = blob(side, 22 * scale, 18 * scale, 4 * scale) + blob(side, 27 * scale, 30 * scale, 2.5 * scale, 0.9)
    image = np.round(255 * image / image.max()).astype(np.uint8)
    with h5py.File(tmp_path / "prepared.hdf5", "w") as file:
        file["images"], file["row"] = image[None, :, :, None], [0]
    measured = measure_morphology({"train": tmp_path / "prepared.hdf5"}, 1)[list(STATISTICS)].to_numpy()[0]
    assert measured == pytest.approx(measure_image(image / 255), rel=0.02, abs=0.01)
