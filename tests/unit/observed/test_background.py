"""Cut-outs of the sky, from files to the light that is added to training images."""

import h5py
import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from deepgalaxy.observed.background import prepare_background
from deepgalaxy.observed.listing import list_cutouts


@pytest.fixture
def train(tmp_path):
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["images"] = np.zeros((2, 32, 32, 1), np.uint8)
    return tmp_path / "train.hdf5"


def sky(seed, height=64, width=80, sigma=3.0):
    return np.random.default_rng(seed).normal(100, sigma, (height, width)).astype(np.float32)


def test_cut_outs_have_a_sky_of_zero_and_noise_of_one(tmp_path, train):
    directory = tmp_path / "sky"
    directory.mkdir()
    image = sky(1)
    image[30:34, 38:42] += 300  # another galaxy
    fits.writeto(directory / "a.fits", image)
    Image.fromarray((sky(2) / 2 + 30).astype(np.uint8)).save(directory / "b.png")
    (directory / ".hidden.png").touch()
    (directory / "notes.txt").touch()
    paths = list_cutouts(directory)
    assert [path.rsplit("/", 1)[1] for path in paths] == ["a.fits", "b.png"]
    prepare_background(paths, train, tmp_path / "sky.hdf5", 1)
    with h5py.File(tmp_path / "sky.hdf5") as file:
        light = file["light"][:]
        assert file["file"].asstr()[:].tolist() == ["a.fits", "b.png"]
    assert light.shape == (2, 32, 32) and light.dtype == np.float32
    for one in light:
        assert np.median(one) == pytest.approx(0, abs=0.3) and one[:5].std() == pytest.approx(1, rel=0.25)
    # 300 above the sky, whose noise is 3 on a pixel and 1.5 on two by two.
    assert light[0].max() == pytest.approx(200, rel=0.25)


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (np.full((64, 64), 5, np.float32), "a.fits has no noise in its sky"),
        (np.where(np.eye(64) > 0, np.nan, sky(1, 64, 64)), "a.fits has pixels without a value"),
        (sky(1, 20, 80), "a.fits cannot be used. It has 80 × 20 pixels; it needs 32 on each side."),
        (sky(1, 80, 130), "a.fits cannot be used. It has 130 × 80 pixels, more than the 0.01 million"),
        (None, "a.fits cannot be used. It is not a JPEG, PNG, TIFF or FITS file."),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, train, image, sentence):
    if image is None:
        (tmp_path / "a.fits").write_text("nothing of the kind")
    else:
        fits.writeto(tmp_path / "a.fits", image)
    with pytest.raises(ValueError, match=sentence):
        prepare_background([str(tmp_path / "a.fits")], train, tmp_path / "sky.hdf5", 0.01)
    assert not (tmp_path / "sky.hdf5").exists()


def test_a_directory_that_is_missing_or_empty_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="there is no such directory"):
        list_cutouts(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"has no file that ends in \.jpg"):
        list_cutouts(tmp_path)
