"""HDF5 files that appear whole or not at all."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from deepgalaxy.files import whole_file

_unwritable: list[h5py.File] = []


@contextmanager
def whole_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file that becomes ``path`` when the block ends without an exception, as ``whole_file`` has it.

    Raises OSError if the disk is full. The HDF5 library (1.14) ends the process by a segmentation fault if it is to
    flush or close a file after a write has failed. So such a file stays open until the process ends.
    """
    with whole_file(path) as whole:
        file = h5py.File(whole, "w")
        try:
            with _noted_failures() as failures:
                yield file
            if failures:
                raise failures[0]
            file.flush()
        except BaseException:
            _unwritable.append(file)
            raise
        file.close()


@dataclass(frozen=True)
class Rows:
    """Where the rows of a dataset lie: one after the other, from byte ``offset`` of the file at ``path``."""

    path: str
    offset: int

    @classmethod
    def create(cls, file: h5py.File, name: str, shape: tuple[int, ...], dtype: str) -> "Rows":
        """Create a dataset whose rows any process may write while ``file`` is open here. Others stay zero."""
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        dataset = file.create_dataset(name, shape, dtype, dcpl=early)
        return cls(file.filename, dataset.id.get_offset() or 0)  # without rows it has no place

    @contextmanager
    def opened(self) -> Iterator[Callable[[int, np.ndarray], None]]:
        """Yield a function that writes the row of a number, a contiguous array of the dataset's type. It raises OSError
        if the disk is full."""
        with open(self.path, "r+b") as file:

            def write(number: int, row: np.ndarray) -> None:
                file.seek(self.offset + int(number) * row.nbytes)
                file.write(row.data)

            yield write


@contextmanager
def _noted_failures() -> Iterator[list[OSError]]:
    """Yield a list of the errors in the block that h5py can only print: a dataset that is let go of is flushed."""
    failures: list[OSError] = []
    before = sys.unraisablehook

    def note(unraisable: "sys.UnraisableHookArgs") -> None:
        if isinstance(unraisable.exc_value, OSError):
            failures.append(unraisable.exc_value)
        else:
            before(unraisable)

    sys.unraisablehook = note
    try:
        yield failures
    finally:
        sys.unraisablehook = before
