import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.image_file import create_group
from deepgalaxy.prepare import prepare_image, prepare_split


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_an_image_becomes_grey_small_and_keeps_its_brightness(dtype):
    values = np.random.default_rng(1).uniform(size=(16, 16, 3))
    native = (values * 255).round().astype(dtype) if dtype == "uint8" else values.astype(dtype)
    expected = values.mean(axis=2).reshape(8, 2, 8, 2).mean(axis=(1, 3))
    stored = prepare_image(native, 8, "uint8")
    assert stored.shape == (8, 8) and stored.dtype == np.uint8
    np.testing.assert_allclose(stored / 255, expected, atol=0.005)
    kept = prepare_image(native, 8, "float16")
    assert kept.dtype == np.float16
    np.testing.assert_allclose(kept, expected, atol=0.004)


@pytest.mark.parametrize("seed", [None, 5])
def test_every_row_is_there_once_with_its_own_image(tmp_path, seed):
    # Each image has one brightness that tells it from all others.
    brightness = np.arange(14 * 5).reshape(14, 5) / 70
    images = np.broadcast_to(brightness[:, :, None, None, None], (14, 5, 4, 4, 1)).astype(np.float16)
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        create_group(file, "s_1_m_1", images, np.arange(5) * 5, {})
    table = pd.DataFrame({"group": "s_1_m_1", "camera": np.repeat(range(14), 5), "snapshot": np.tile(range(5), 14)})
    table["t_myr"], table["label"] = table["snapshot"] * 5, table["snapshot"]
    rows = table[table["camera"] % 3 != 0]
    prepare_split(tmp_path / "images.hdf5", rows, 4, "float16", seed, tmp_path / "train.hdf5")
    with h5py.File(tmp_path / "train.hdf5") as file:
        row = file["row"][:]
        assert sorted(row) == rows.index.tolist()
        assert (row.tolist() == rows.index.tolist()) == (seed is None)
        np.testing.assert_array_equal(file["label"][:], table.loc[row, "label"])
        np.testing.assert_array_equal(file["t_myr"][:], table.loc[row, "t_myr"])
        np.testing.assert_allclose(file["images"][:, 0, 0, 0], brightness.ravel()[row], atol=1e-3)
        assert file["images"].chunks is None and file["images"].shape == (len(rows), 4, 4, 1)
