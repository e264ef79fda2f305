"""The principal components of the pixels of a sample's images, found once for all that compares images by them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np
from sklearn.decomposition import PCA

from deepgalaxy.baselines.reduced import reduce_image
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.sample.prepared_file import as_brightness
from deepgalaxy.seeds import derive_seed
from deepgalaxy.views import VIEWS, turned

COMPONENTS = (16, 64, 128)
"""Numbers of components that images are compared by."""
LARGEST_SIDE = 64
"""Pixels of an image's side; larger images are reduced to it."""
LARGEST_GALLERY = 20_000
"""Training images that are compared with; at 64 pixels they take 330 MB, and components are fitted to a copy."""
BLOCK = 256
"""Images that are read, or projected, at a time."""
QUERIES = ("validation", "test")
ORIENTATIONS = {"upright": 1, "turned": VIEWS}
"""The galleries of training images: as they are, and with all VIEWS of each, one after the other."""


def write_components(prepared: Mapping[str, str | Path], seed: int, output: str | Path) -> None:
    """Find the principal components of the pixels, and write where the images in the prepared files lie in them.

    For each of ORIENTATIONS, components are fitted to the gallery, and a group has the places (n, components), float32,
    strongest component first, of the gallery, ``train``, and of ``validation`` and ``test``. ``row/<split>`` has the
    images' rows in the split table, of ``train`` those of one orientation; the attribute ``training_images`` their
    number before any were left out.

    Images wider than LARGEST_SIDE pixels are reduced, and of the training images the first LARGEST_GALLERY are taken,
    which are a random sample, as a prepared file is shuffled. ``seed`` decides on the random projections by which the
    components are found, and on the orientations that those of ``turned`` are fitted to.
    """
    images, row = read_gallery(prepared["train"])
    with whole_hdf5(output) as file:
        rows = {part: _rows(prepared[part]) for part in ("train", *QUERIES)}
        file.attrs["training_images"] = len(rows["train"])
        for part, of_part in (rows | {"train": row}).items():
            file[f"row/{part}"] = of_part
        for name, orientations in ORIENTATIONS.items():
            if orientations > 1:
                _turn_at_random(images, derive_seed(seed, "orientations"))
            components = _fit_components(images, derive_seed(seed, "components", orientations))
            views = [_project(components, _blocks(turned(images, number))) for number in range(orientations)]
            file[f"{name}/train"] = np.concatenate(views)
            for part in QUERIES:
                file[f"{name}/{part}"] = _project_file(components, prepared[part])


def read_gallery(prepared: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the brightness of the first LARGEST_GALLERY images of a prepared file, float32 (n, side, side), and their
    rows (n,) in the split table."""
    with h5py.File(prepared) as file:
        row = file["row"][:LARGEST_GALLERY]
        side = min(LARGEST_SIDE, file["images"].shape[1])
    images = np.empty((len(row), side, side), np.float32)
    for start, block in zip(range(0, len(row), BLOCK), _read_blocks(prepared, len(row))):
        images[start : start + BLOCK] = block
    return images, row


def _read_blocks(prepared: str | Path, count: int) -> Iterator[np.ndarray]:
    """Yield the brightness of the first ``count`` images of a prepared file, float32, at most BLOCK at a time.

    Images larger than LARGEST_SIDE are reduced to it by averaging over areas, one after the other.
    """
    with h5py.File(prepared) as file:
        images = file["images"]
        for start in range(0, count, BLOCK):
            numbers = range(start, min(start + BLOCK, count))
            yield np.array([reduce_image(as_brightness(images[number, :, :, 0]), LARGEST_SIDE) for number in numbers])


def _blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield images, (n, side, side), at most BLOCK at a time."""
    for start in range(0, len(images), BLOCK):
        yield images[start : start + BLOCK]


def _fit_components(images: np.ndarray, seed: int) -> PCA:
    """Return the strongest principal components of images (n, side, side), as many as the largest of COMPONENTS.

    There are fewer if there are fewer images or pixels. They are found by random projections (Halko, Martinsson & Tropp
    2011, SIAM Review 53, 217).
    """
    pixels = images.reshape(len(images), -1)
    count = min(COMPONENTS[-1], *pixels.shape)
    return PCA(count, svd_solver="randomized", random_state=seed).fit(pixels)


def _project(components: PCA, blocks: Iterable[np.ndarray]) -> np.ndarray:
    """Return the principal components of images, given in blocks (m, side, side), as (n, components)."""
    return np.concatenate([components.transform(block.reshape(len(block), -1)) for block in blocks])


def _project_file(components: PCA, prepared: str | Path) -> np.ndarray:
    """Return the principal components of all images of a prepared file, (n, components)."""
    return _project(components, _read_blocks(prepared, len(_rows(prepared))))


def _rows(prepared: str | Path) -> np.ndarray:
    """Return the rows in the split table of the images in a prepared file, (n,)."""
    with h5py.File(prepared) as file:
        rows: np.ndarray = file["row"][:]
    return rows


def _turn_at_random(images: np.ndarray, seed: int) -> None:
    """Replace each of the images (n, side, side) by one of its VIEWS.

    Components are then fitted to all orientations alike, and the images with all of theirs are the same set as before.
    """
    number = np.random.default_rng(seed).integers(VIEWS, size=len(images))
    for start in range(0, len(images), BLOCK):
        block, drawn = images[start : start + BLOCK], number[start : start + BLOCK]
        for one in range(1, VIEWS):
            block[drawn == one] = turned(block[drawn == one], one)
