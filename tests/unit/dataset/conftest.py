"""A small dataset, and how it is acquired."""

import hashlib

import h5py
import numpy as np
import pytest

from deepgalaxy.dataset.acquire import acquire_dataset


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of an HDF5 file of some 10 KB."""
    path = tmp_path_factory.mktemp("content") / "images.hdf5"
    with h5py.File(path, "w") as file:
        file["images"] = np.random.default_rng(0).integers(0, 255, 8000, dtype=np.uint8)
    return path.read_bytes()


@pytest.fixture
def fetch(tmp_path, monkeypatch, content):
    """A function that acquires from some sources, by default with the right digest pinned."""
    monkeypatch.chdir(tmp_path)
    right = hashlib.sha256(content).hexdigest()

    def fetch(*sources, digest=right, size=None):
        (tmp_path / "checksums.txt").write_text(f"{digest}  resources/galaxies.hdf5\n" if digest else "")
        acquire_dataset(sources, "resources/galaxies.hdf5", "checksums.txt", size, backoff_s=0)
        return (tmp_path / "resources/galaxies.hdf5").read_bytes()

    return fetch
