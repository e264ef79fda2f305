"""Rows of a dataset that several processes write."""

from concurrent.futures import ProcessPoolExecutor

import h5py
import numpy as np

from deepgalaxy.hdf5 import Rows, whole_hdf5


def write_rows(places, numbers, rows):
    with places.opened() as write:
        for number, row in zip(numbers, rows):
            write(number, row)


def test_rows_are_where_processes_wrote_them(tmp_path):
    rows = np.random.default_rng(1).random((40, 30, 50)).astype(np.float16)
    order = np.random.default_rng(2).permutation(39)  # the last one is left out
    with ProcessPoolExecutor(2) as pool, whole_hdf5(tmp_path / "rows.hdf5") as file:
        file["before"] = np.arange(1000)
        places = Rows.create(file, "rows", rows.shape, "float16")
        file["after"] = np.arange(1000)
        written = [pool.submit(write_rows, places, part, rows[part]) for part in np.split(order, 3)]
        assert not any(future.exception() for future in written)
    with h5py.File(tmp_path / "rows.hdf5") as file:
        np.testing.assert_array_equal(file["rows"][:39], rows[:39])
        assert not file["rows"][39].any() and file["rows"].chunks is None
        assert file["before"][:].tolist() == file["after"][:].tolist() == list(range(1000))


def test_there_may_be_no_rows(tmp_path):
    with whole_hdf5(tmp_path / "rows.hdf5") as file:
        write_rows(Rows.create(file, "rows", (0, 3), "float32"), [], [])
    with h5py.File(tmp_path / "rows.hdf5") as file:
        assert file["rows"].shape == (0, 3)
