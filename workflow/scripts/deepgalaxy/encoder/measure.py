"""Test images measured against what is made of them, by the encoder-decoder and by what needs no network."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.encoder.reconstruction import MEASURES, compare_images, linear_reconstructions, spread_over
from deepgalaxy.encoder.ways import WAYS
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger, progress
from deepgalaxy.sample.prepared_file import as_brightness

BLOCK = 64
"""Test images that are measured at a time."""
TRIPLETS = 12
COPIES = 4
"""So many copies of the training images are held while principal components are fitted to them."""


def reconstruct_images(
    decoded: str | Path,
    train: str | Path,
    test: str | Path,
    output: str | Path,
    latent: int,
    memory_mib: int,
    seed: int,
) -> None:
    """Write how well the images of ``test`` come back.

    The output has a group for each of WAYS, of the file ``decoded``, and of the ``linear_reconstructions``, with the
    MEASURES (n,); ``row`` (n,) in the split table; and the group ``triplets``: TRIPLETS test images from worst to best
    by the mean absolute difference of the autoencoder, with their ``place`` among the test images, and ``image``,
    ``autoencoder`` and ``variational``, float32 (TRIPLETS, pixels, pixels). What needs no network is made of the first
    training images, a random sample, as many as fit ``memory_mib``, or all; the attribute ``training_images`` is their
    number.
    """
    training = _training_images(train, memory_mib)
    linear = linear_reconstructions(training, latent, seed)
    with h5py.File(test) as source, h5py.File(decoded) as made, whole_hdf5(output) as file:
        images = source["images"]
        tables: dict[str, list[pd.DataFrame]] = {name: [] for name in (*WAYS, *linear)}
        starts = range(0, len(images), BLOCK)
        for start in progress(starts, len(images), "images measured", amount=lambda _: BLOCK):
            some = slice(start, min(start + BLOCK, len(images)))
            brightness = as_brightness(images[some, :, :, 0])
            for way in WAYS:
                tables[way].append(compare_images(brightness, made[way][some].astype(np.float32)))
            for name, reconstruct in linear.items():
                tables[name].append(compare_images(brightness, reconstruct(brightness)))
        for name, parts in tables.items():
            for measure in MEASURES:
                file[f"{name}/{measure}"] = pd.concat(parts)[measure].to_numpy()
        file["row"] = source["row"][:]
        file.attrs["training_images"] = len(training)
        _write_triplets(file.create_group("triplets"), file["autoencoder/mae"][:], images, made)


def _training_images(train: str | Path, memory_mib: int) -> np.ndarray:
    """Return the brightness of the first training images, float32 (n, pixels, pixels), as many as fit."""
    with h5py.File(train) as file:
        images = file["images"]
        count = max(1, memory_mib * 2**20 // (COPIES * 4 * int(np.prod(images.shape[1:]))))
        if count < len(images):
            logger.info("of %d training images, the baselines take the first %d, a random sample", len(images), count)
        return as_brightness(images[:count, :, :, 0])


def _write_triplets(group: h5py.Group, mae: np.ndarray, images: h5py.Dataset, made: h5py.File) -> None:
    """Write images from the one with the largest ``mae`` (n,) to the one with the least."""
    order = np.argsort(-mae, kind="stable")
    place = order[list(spread_over(len(order), TRIPLETS))]
    group["place"] = place
    group["image"] = np.array([as_brightness(images[one, :, :, 0]) for one in place])
    for way in WAYS:
        group[way] = np.array([made[way][one] for one in place], np.float32)


def read_measures(path: str | Path) -> tuple[dict[str, pd.DataFrame], np.ndarray]:
    """Return the MEASURES of each way in which images were made again, by name, and the rows (n,) of the images in the
    split table, from a file of ``reconstruct_images``."""
    with h5py.File(path) as file:
        names = [name for name in file if name not in ("row", "triplets")]
        tables = {name: pd.DataFrame({measure: file[name][measure][:] for measure in MEASURES}) for name in names}
        return tables, file["row"][:]
