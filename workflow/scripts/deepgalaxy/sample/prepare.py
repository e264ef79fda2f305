"""From images in their native form to what a network reads: one size, one channel, one file for each split."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.contents import CHECKSUMS, image_checksums, wrong_sources
from deepgalaxy.dataset.layout import images_name
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.image import prepare_image
from deepgalaxy.logs import progress
from deepgalaxy.parallel import in_processes
from deepgalaxy.seeds import derive_seed

ANEW = (
    "The dataset has changed since its catalogue was made, or a disk fails: restore it from a copy, or have it"
    " catalogued anew with --forcerun catalogue_dataset."
)


@dataclass(frozen=True)
class Block:
    """Some rows of the split table that are read together: ``snapshots`` (n,) of one camera of a group, increasing, and
    ``rows`` (n,), their indices in the table."""

    group: str
    camera: int
    snapshots: np.ndarray
    rows: np.ndarray


def prepare_images(
    subset: str | Path,
    table: pd.DataFrame,
    pixels: int,
    dtype: str,
    seed: int,
    outputs: dict[str, str | Path],
    memory_bytes: int,
    processes: int = 1,
    properties: Sequence[str] = (),
) -> None:
    """Write one file for each split of the split table, ``outputs`` giving its path, in one pass over the images.

    A file holds, contiguous and shuffled by ``seed``, ``images`` (n, pixels, pixels, 1), ``label`` (n,) int32,
    ``target_myr`` (n,) float32 and ``row`` (n,) int64, the index of each image in the table; and if ``properties``
    names columns of the table, ``properties`` (n, k) float32, with these as its attribute ``columns``, NaN where
    unknown.
    Since the images are shuffled once for all, any contiguous slab of them is a random sample. Images under way never
    take more than ``memory_bytes``, over all processes, as long as one process can hold a piece of the file
    (``Pieces``); each is read once.

    Raises ValueError if the images lie in a file that is not there, cannot be read, or are not those of the catalogue.
    """
    with h5py.File(subset) as source:
        refuse_missing_sources(source)
        groups = table.groupby(["group", "camera"], sort=False)
        pieces = {name: Pieces.of(source[name[0]][images_name(name[1])]) for name in groups.groups}
    # Fewer processes, if what is packed together is too large for all of them.
    processes = min(processes, max(1, memory_bytes // max(each.least_bytes for each in pieces.values())))
    prepared_bytes = 3 * pixels**2 * np.dtype(dtype).itemsize
    blocks = list(_blocks(groups, pieces, prepared_bytes, memory_bytes // processes))
    ready = in_processes(partial(_prepare_block, subset, pixels, dtype), blocks, processes)
    place, prepared = np.empty(len(table), np.int64), {}
    with ExitStack() as files:
        for split, output in outputs.items():
            rows = np.flatnonzero(table["split"] == split)
            rows = np.random.default_rng(derive_seed(seed, split)).permutation(rows)
            place[rows] = np.arange(len(rows))
            file = files.enter_context(whole_hdf5(output))
            file["row"] = rows
            file["label"] = table["label"].to_numpy(np.int32)[rows]
            file["target_myr"] = table["target_myr"].to_numpy(np.float32)[rows]
            if properties:
                file["properties"] = table[list(properties)].to_numpy(np.float32)[rows]
                file["properties"].attrs["columns"] = list(properties)
            prepared[split] = file.create_dataset("images", (len(rows), pixels, pixels, 1), dtype)
        splits = table["split"].to_numpy()
        for block, images in progress(zip(blocks, ready), len(blocks), "blocks of images"):
            for row, image in zip(block.rows, images):
                prepared[splits[row]][place[row], :, :, 0] = image


def refuse_missing_sources(subset: h5py.File) -> None:
    """Raise ValueError if images of a subset lie in a file that is not there: HDF5 would read zeros in their place."""
    for images in (part for group in subset.values() for part in group.values()):
        if wrong := wrong_sources(images):
            raise ValueError(
                f"{subset.filename}: {images.name[1:]} {wrong[0]}; has the dataset been moved, removed or changed?"
                " Select the images anew, or with `copy: true`."
            )


def _blocks(groups: Any, pieces: dict[tuple, Pieces], prepared_bytes: int, memory_bytes: int) -> Iterator[Block]:
    """Cut the table, grouped by group and camera, into blocks, each within what one process may hold.

    A process holds a block in its native form and prepared; two more prepared blocks may be under way to the writer.
    These take ``prepared_bytes`` for each image.
    """
    for (group, camera), rows in groups:
        piece, snapshots = pieces[group, camera], rows["snapshot"].to_numpy()
        # A quarter is left to the buffers of HDF5 and of the transfer between processes. Neighbours in the file go
        # together, though a split by image has gaps between them.
        number = piece.number(snapshots, piece.longest(memory_bytes * 3 // 4, beside=prepared_bytes))
        for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(number)) + 1):
            yield Block(group, camera, snapshots[part], rows.index.to_numpy()[part])


def _prepare_block(subset: str | Path, pixels: int, dtype: str, block: Block) -> np.ndarray:
    """Return the prepared images of a block, (n, pixels, pixels)."""
    first, last = block.snapshots[0], block.snapshots[-1]
    with h5py.File(subset) as file:
        images = file[block.group][images_name(block.camera)]
        try:
            native = images[first : last + 1]
        except OSError as error:
            raise ValueError(f"{subset}: {images.name[1:]} cannot be read: {error}. {ANEW}") from error
        _refuse_others(images, block.snapshots, [native[snapshot - first] for snapshot in block.snapshots])
    native = native.astype(native.dtype.newbyteorder("="), copy=False)
    prepared = np.array([prepare_image(native[snapshot - first], pixels, dtype) for snapshot in block.snapshots])
    for snapshot in block.snapshots[~prepared.any(axis=(1, 2))]:
        if brightest := native[snapshot - first].max():
            raise ValueError(
                f"{subset}: {block.group}/{images_name(block.camera)}[{snapshot}] is black once it has {pixels} pixels"
                f" of type {dtype}; its brightest one has {brightest:g}. Name the camera under `damaged`."
            )
    return prepared


def _refuse_others(images: h5py.Dataset, snapshots: np.ndarray, native: list[np.ndarray]) -> None:
    """Raise ValueError if what was read of some images is not what the catalogue says that they hold.

    A file that was not selected here has no such record of its images, and is taken as it is.
    """
    if CHECKSUMS not in images.attrs:
        return
    differing = snapshots[image_checksums(native) != images.attrs[CHECKSUMS][snapshots]]
    if len(differing):
        raise ValueError(
            f"{images.file.filename}: {images.name[1:]}[{differing[0]}] is not the image that was catalogued. {ANEW}"
        )
