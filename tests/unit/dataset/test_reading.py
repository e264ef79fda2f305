"""Images are read as HDF5 reads them, however they are packed and wherever they lie."""

import h5py
import numpy as np
import pytest

from deepgalaxy.dataset.pieces import original
from deepgalaxy.dataset.reading import read_images
from deepgalaxy.dataset.values import sum_of

PACKINGS = {
    "contiguous": {},
    "gzip": {"chunks": (1, 8, 8, 3), "compression": "gzip"},
    "shuffled": {"chunks": (1, 8, 8, 3), "compression": "gzip", "shuffle": True},
    "lzf": {"chunks": (1, 8, 8, 3), "compression": "lzf", "shuffle": True},
    "with a checksum": {"chunks": (1, 8, 8, 3), "compression": "gzip", "fletcher32": True},
    "several to a chunk": {"chunks": (4, 8, 8, 3), "compression": "gzip", "shuffle": True},
    "parts of images": {"chunks": (1, 4, 8, 3), "compression": "gzip"},
}


def write(path, dtype="<f2", packing="shuffled"):
    images = (np.random.default_rng(1).random((10, 8, 8, 3)) * (255 if dtype == "u1" else 1)).astype(dtype)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, **PACKINGS[packing])
    return images


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("dtype", ["u1", "<f2", "<f4", ">f4"])
def test_what_is_read_is_what_was_written(tmp_path, dtype, packing):
    images = write(tmp_path / "images.hdf5", dtype, packing)
    with h5py.File(tmp_path / "images.hdf5") as file:
        read = list(read_images(file["images"], [2, 3, 4, 7]))
    assert {image.dtype for image in read} == {images.dtype}
    np.testing.assert_array_equal(read, images[[2, 3, 4, 7]])


@pytest.mark.parametrize("packing", ["gzip", "shuffled"])
def test_images_in_chunks_of_their_own_are_not_unpacked_by_hdf5(tmp_path, monkeypatch, packing):
    images = write(tmp_path / "images.hdf5", packing=packing)
    with h5py.File(tmp_path / "images.hdf5") as file:
        stored = file["images"]
        monkeypatch.delattr(h5py.Dataset, "__getitem__")
        np.testing.assert_array_equal(list(read_images(stored, range(10))), images)


WINDOWS = {"all": np.s_[:], "a window": np.s_[3:9], "every second": np.s_[1:9:2], "a part of each": np.s_[:, 2:6, 2:6]}


@pytest.mark.parametrize("window", WINDOWS)
def test_virtual_images_are_read_where_they_are_stored(tmp_path, window):
    images = write(tmp_path / "images.hdf5")[WINDOWS[window]]
    for name, source, part in (("virtual", "images", WINDOWS[window]), ("of virtual", "virtual", np.s_[:])):
        layout = h5py.VirtualLayout(images.shape, images.dtype)
        shape = images.shape if source == "virtual" else (10, 8, 8, 3)
        layout[:] = h5py.VirtualSource(f"{source}.hdf5", "images", shape)[part]
        with h5py.File(tmp_path / f"{name}.hdf5", "w") as file:
            file.create_virtual_dataset("images", layout)
        with h5py.File(tmp_path / f"{name}.hdf5") as file:
            np.testing.assert_array_equal(list(read_images(file["images"], range(1, 4))), images[1:4])
            with original(file["images"]) as (stored, first):
                found = stored.file.filename.rpartition("/")[2], first
    expected = {"all": ("images.hdf5", 0), "a window": ("images.hdf5", 3)}
    assert found == expected.get(window, ("virtual.hdf5", 0))


def test_a_chunk_that_is_damaged_or_not_filtered_is_left_to_hdf5(tmp_path):
    images = write(tmp_path / "images.hdf5")
    with h5py.File(tmp_path / "images.hdf5", "r+") as file:
        file["images"].id.write_direct_chunk((2, 0, 0, 0), images[3].tobytes(), filter_mask=3)
        file["images"].id.write_direct_chunk((5, 0, 0, 0), b"\xff" * 30)
    with h5py.File(tmp_path / "images.hdf5") as file:
        np.testing.assert_array_equal(list(read_images(file["images"], range(1, 4))), images[[1, 3, 3]])
        with pytest.raises(OSError, match="filter returned failure"):
            list(read_images(file["images"], range(4, 7)))


@pytest.mark.parametrize("dtype", ["u1", "<f2", ">f2", "<f4"])
def test_values_add_up_in_double_precision(tmp_path, dtype):
    image = write(tmp_path / "images.hdf5", dtype)[0]
    assert sum_of(image) == image.sum(dtype=float)
