import numpy as np
import pytest

from deepgalaxy.image import cut_to_disc, disc, in_single_precision, prepare_image


@pytest.mark.parametrize("pixels", [8, 33, 64])
def test_the_disc_has_the_area_of_the_inscribed_circle_and_all_its_symmetries(pixels):
    mask = disc(pixels)
    assert mask.sum() == pytest.approx(np.pi * (pixels / 2) ** 2, rel=0.01)
    assert mask[0, 0] == 0 and mask[pixels // 2, pixels // 2] == 1
    assert (mask == mask.T).all() and (mask == mask[::-1]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_what_is_outside_the_disc_is_black_and_the_rest_as_it_was(dtype):
    image = np.full((32, 32), 200 if dtype == np.uint8 else 0.5, dtype)
    cut = cut_to_disc(image)
    assert cut.dtype == dtype
    assert (cut[disc(32) == 0] == 0).all() and (cut[disc(32) == 1] == image[0, 0]).all()


def test_each_number_that_is_float16_is_what_numpy_makes_of_it():
    numbers = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    np.testing.assert_array_equal(in_single_precision(numbers), numbers.astype(np.float32))
    brightness = np.where((numbers >= 0) & (numbers <= 1), numbers, 0).astype(np.float16)
    stored = prepare_image(brightness[:, :, None], 256, "uint8")
    np.testing.assert_array_equal(stored, np.rint(brightness.astype(np.float32) * np.float32(255)).astype(np.uint8))
