"""Reconstructions and their scores, against cases worked out by hand."""

import numpy as np
import pytest

from deepgalaxy.encoder.reconstruction import (
    compare_images,
    linear_reconstructions,
    spread_over,
    tabulate_reconstruction,
)
from deepgalaxy.planning.encoders import COMPARED_PIXELS


@pytest.fixture(scope="module")
def training():
    """Images that three patterns span."""
    rng = np.random.default_rng(1)
    return np.einsum("nk,kxy->nxy", rng.uniform(0, 1, (40, 3)), rng.uniform(0, 0.3, (3, 12, 12))).astype(np.float32)


def test_linear_reconstructions(training):
    made = linear_reconstructions(training, latent=3, seed=1)
    assert list(made) == ["mean_image", "nearest_image", "pca_3", "pca_64"]
    images = training[:4] + 0
    assert made["mean_image"](images)[2] == pytest.approx(training.mean(axis=0))
    assert np.array_equal(made["nearest_image"](images), images)
    assert made["pca_3"](images) == pytest.approx(images, abs=1e-4)
    one = linear_reconstructions(training, latent=1, seed=1)["pca_1"](images)
    assert np.abs(one - images).mean() > 10 * np.abs(made["pca_3"](images) - images).mean()


def test_differences_by_hand(training):
    images = training[:3]
    compared = compare_images(images, images + np.float32(0.1))
    assert compared["mae"].tolist() == pytest.approx([0.1] * 3) and compared["mse"].tolist() == pytest.approx(
        [0.01] * 3
    )
    assert (compare_images(images, images)["ssim"] == 1).all() and (compared["ssim"] < 1).all()


def test_images_are_compared_in_windows():
    images = np.ones((1, COMPARED_PIXELS, COMPARED_PIXELS), np.float32)
    assert compare_images(images, images)["ssim"].tolist() == [1]
    with pytest.raises(ValueError, match="win_size exceeds image extent"):
        compare_images(images[:, 1:, 1:], images[:, 1:, 1:])


def test_the_table_names_the_worst_simulation(training):
    images, group = training[:6], np.array(["a", "a", "b", "b", "c", "c"])
    off = images + np.repeat([0.0, 0.1, 0.2], 2).astype(np.float32)[:, None, None]
    row = tabulate_reconstruction({"off": compare_images(images, off)}, group, seed=1).iloc[0]
    assert row["mae"] == pytest.approx(0.1, abs=1e-6) and row["worst_mae"] == pytest.approx(0.2, abs=1e-6)
    assert row["mae_low"] < row["mae"] < row["mae_high"] and row["simulations"] == 3
    assert row["psnr"] == pytest.approx(-10 * np.log10((0.01 + 0.04) / 3), abs=1e-3)


def test_places_are_spread_from_first_to_last():
    assert list(spread_over(100, 3)) == [0, 50, 99]
    assert list(spread_over(2, 12)) == [0, 1]
