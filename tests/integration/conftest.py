"""Prepared images that a network can learn within seconds."""

import h5py
import numpy as np
import pandas as pd
import pytest

CLASSES = 4
PIXELS = 16


def write_blobs(path, count, seed):
    """Write images of noise with a bright blob, whose distance from the centre tells the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=count).astype(np.int32)
    angle = rng.uniform(0, 2 * np.pi, count)
    centre = PIXELS / 2 + 2 * labels[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    row, column = np.mgrid[:PIXELS, :PIXELS]
    squared = (row - centre[:, 0, None, None]) ** 2 + (column - centre[:, 1, None, None]) ** 2
    images = 0.8 * np.exp(-squared / 4) + rng.uniform(0, 0.2, (count, PIXELS, PIXELS))
    with h5py.File(path, "w") as file:
        file["images"] = np.rint(images * 255).astype(np.uint8)[..., None]
        file["label"] = labels
        file["t_myr"] = labels * 10.0
        file["row"] = np.arange(count)


@pytest.fixture(scope="session")
def blobs(tmp_path_factory):
    """A directory with train.hdf5 (257 images), validation.hdf5, test.hdf5 and classes.csv."""
    directory = tmp_path_factory.mktemp("blobs")
    for seed, (name, count) in enumerate({"train": 257, "validation": 61, "test": 200}.items()):
        write_blobs(directory / f"{name}.hdf5", count, seed)
    pd.DataFrame({"label": range(CLASSES), "t_centre_myr": np.arange(CLASSES) * 10.0}).to_csv(
        directory / "classes.csv", index=False
    )
    return directory
