"""From images in their native form to what a network reads: one size, one channel, one file for each split."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.contents import CHECKSUMS, image_checksums, wrong_sources
from deepgalaxy.dataset.layout import images_name
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.dataset.reading import read_images
from deepgalaxy.hdf5 import Rows, whole_hdf5
from deepgalaxy.image import cut_to_disc, disc, prepare_image
from deepgalaxy.logs import progress
from deepgalaxy.parallel import in_processes
from deepgalaxy.resampling import Sight, light_of, reduced, store, to_store
from deepgalaxy.sample.field import Field, field_of
from deepgalaxy.seeds import derive_seed

ANEW = (
    "The dataset has changed since its catalogue was made, or a disk fails: restore it from a copy, or have it"
    " catalogued anew with --forcerun catalogue_dataset."
)


@dataclass(frozen=True)
class Block:
    """Images that are read together: ``snapshots`` (n,) of one camera of a group, increasing, the split that each of
    them goes to, ``splits`` (n,), and which image of its file it becomes, ``places`` (n,)."""

    group: str
    camera: int
    snapshots: np.ndarray
    splits: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class Form:
    """How images are prepared: as a network sees them, ``sight``, from a ``field``."""

    sight: Sight
    field: Field

    @property
    def frame_pixels(self) -> int:
        """The side of a frame in pixels; 0 if there are none."""
        return self.sight.frame_pixels(self.field.rendered, self.field.seen) if self.sight.oversampling else 0

    def create(self, file: h5py.File, count: int) -> dict[str, Rows]:
        """Return, by name, what is to hold so many images in a file, and say in its attributes what they are."""
        sight = self.sight
        file.attrs.update({"shape": sight.shape, "oversampling": sight.oversampling})
        if sight.half_width_kpc is not None:
            file.attrs["half_width_kpc"] = sight.half_width_kpc
        sides = {"images": sight.pixels} | ({"frames": self.frame_pixels} if sight.oversampling else {})
        return {name: Rows.create(file, name, (count, side, side, 1), sight.dtype) for name, side in sides.items()}

    def prepare(self, native: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return an image, (height, width, channels), as (pixels, pixels), and its frame (S, S) if it is to have one,
        in the order of ``create``.

        With frames, what changes the size is done in light, as it is for whatever is made of the frames. Without, it is
        done in brightness.
        """
        sight = self.sight
        if not sight.oversampling:
            image = prepare_image(self.field.middle(native), sight.pixels, sight.dtype)
            return (cut_to_disc(image) if sight.shape == "disc" else image,)
        grey = light_of(prepare_image(native, native.shape[0], _exact(native)))
        if grey.shape[0] != self.frame_pixels:
            grey = cv2.resize(grey, (self.frame_pixels, self.frame_pixels), interpolation=cv2.INTER_AREA)
        if sight.shape == "disc":
            grey = grey * disc(self.frame_pixels)  # or the corners of a turned frame would show within the disc
        frame = store(grey, sight.dtype)
        return to_store(reduced(light_of(frame), sight), sight), frame


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
    oversampling: int = 0,
    half_width_kpc: float | None = None,
    shape: str = "square",
) -> None:
    """Write one file for each split of the split table, ``outputs`` giving its path, in one pass over the images, whose
    processes write what they prepare themselves.

    A file holds, contiguous and shuffled by ``seed``, ``images`` (n, pixels, pixels, 1), ``label`` (n,) int32,
    ``target_myr`` (n,) float32 and ``row`` (n,) int64, the index of each image in the table; and if ``properties``
    names columns of the table, ``properties`` (n, k) float32, with these as its attribute ``columns``, NaN where
    unknown. Since the images are shuffled once for all, any contiguous slab of them is a random sample. Images under
    way never take more than ``memory_bytes``, over all processes, as long as one process can hold a piece of the file
    (``Pieces``); each is read once.

    ``half_width_kpc`` is half the width of the middle of the rendered field that ``images`` show, all of it if None;
    what lies outside the inscribed circle is black if ``shape`` is ``disc``. With ``oversampling``, there are
    ``frames`` (n, S, S, 1) too, the whole field at so many times the resolution, as in ``deepgalaxy.resampling``; those
    of a disc are cut to a disc themselves, so that their corners do not show when they are turned. Attributes of the
    file say ``shape``, ``oversampling`` and, if it is known, ``half_width_kpc``.

    Raises ValueError if the images lie in a file that is not there, cannot be read, or are not those of the catalogue,
    and if ``half_width_kpc`` cannot be had (``field_of``).
    """
    with h5py.File(subset) as source:
        refuse_missing_sources(source)
        field = field_of(source, half_width_kpc)
        form = Form(Sight(pixels, dtype, shape, oversampling, field.seen_kpc), field)
        groups = table.groupby(["group", "camera"], sort=False)
        pieces = {name: Pieces.of(source[name[0]][images_name(name[1])]) for name in groups.groups}
    # Fewer processes, if what is packed together is too large for all of them.
    processes = min(processes, max(1, memory_bytes // max(each.least_bytes for each in pieces.values())))
    with ExitStack() as files:
        places, prepared = np.empty(len(table), np.int64), {}
        for split, output in outputs.items():
            rows = np.flatnonzero(table["split"] == split)
            rows = np.random.default_rng(derive_seed(seed, split)).permutation(rows)
            places[rows] = np.arange(len(rows))
            file = files.enter_context(whole_hdf5(output))
            _describe(file, table.iloc[rows], rows, properties)
            prepared[split] = form.create(file, len(rows))
        blocks = list(_blocks(groups, pieces, places, memory_bytes // processes))
        done = in_processes(partial(_prepare_block, subset, form, prepared), blocks, processes)
        deque(progress(done, len(blocks), "blocks of images"), maxlen=0)


def _describe(file: h5py.File, images: pd.DataFrame, row: np.ndarray, properties: Sequence[str]) -> None:
    """Write what is known of the images of a file, rows of the split table, with their indices ``row`` there."""
    file["row"] = row
    file["label"] = images["label"].to_numpy(np.int32)
    file["target_myr"] = images["target_myr"].to_numpy(np.float32)
    if properties:
        file["properties"] = images[list(properties)].to_numpy(np.float32)
        file["properties"].attrs["columns"] = list(properties)


def refuse_missing_sources(subset: h5py.File) -> None:
    """Raise ValueError if images of a subset lie in a file that is not there: HDF5 would read zeros in their place."""
    for images in (part for group in subset.values() for part in group.values()):
        if wrong := wrong_sources(images):
            raise ValueError(
                f"{subset.filename}: {images.name[1:]} {wrong[0]}; has the dataset been moved, removed or changed?"
                " Select the images anew, or with `copy: true`."
            )


def _blocks(groups: Any, pieces: dict[tuple, Pieces], places: np.ndarray, memory_bytes: int) -> Iterator[Block]:
    """Cut the table, grouped by group and camera, into blocks, each within what one process may hold. ``places`` is
    that of each row of the table."""
    for (group, camera), rows in groups:
        piece, snapshots = pieces[group, camera], rows["snapshot"].to_numpy()
        # A quarter is left to what unpacks images. Neighbours in the file go together, though a split by image has gaps
        # between them.
        number = piece.number(snapshots, piece.longest(memory_bytes * 3 // 4))
        splits, place = rows["split"].to_numpy(str), places[rows.index]
        for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(number)) + 1):
            yield Block(group, camera, snapshots[part], splits[part], place[part])


def _exact(native: np.ndarray) -> str:
    """The type that an image is brought to before its light is taken: its own if it is uint8."""
    return "uint8" if native.dtype == np.uint8 else "float16"


def _prepare_block(subset: str | Path, form: Form, prepared: Mapping[str, Mapping[str, Rows]], block: Block) -> None:
    """Prepare the images of a block one by one, and write each, with its frame if it has one, where ``prepared`` says
    that those of its split belong."""
    with h5py.File(subset) as file, ExitStack() as outputs:
        write = {
            split: [outputs.enter_context(rows.opened()) for rows in prepared[split].values()]
            for split in np.unique(block.splits)
        }
        catalogued = _read_catalogued(file[block.group][images_name(block.camera)], block.snapshots)
        for split, place, (native, name) in zip(block.splits, block.places, catalogued):
            for write_part, part in zip(write[split], _prepare_image(native, form, name)):
                write_part(place, part)


def _read_catalogued(images: h5py.Dataset, snapshots: np.ndarray) -> Iterator[tuple[np.ndarray, str]]:
    """Yield the images of some snapshots, in the byte order of the machine, and what each is called in messages.

    Raises ValueError if one cannot be read, or is not that of the catalogue. A file that was not selected here has no
    record of its images, and is taken as it is.
    """
    place, known = f"{images.file.filename}: {images.name[1:]}", images.attrs.get(CHECKSUMS)
    try:
        for snapshot, native in zip(snapshots, read_images(images, snapshots)):
            name = f"{place}[{snapshot}]"
            if known is not None and image_checksums([native])[0] != known[snapshot]:
                raise ValueError(f"{name} is not the image that was catalogued. {ANEW}")
            yield native.astype(native.dtype.newbyteorder("="), copy=False), name
    except OSError as error:
        raise ValueError(f"{place} cannot be read: {error}. {ANEW}") from error


def _prepare_image(native: np.ndarray, form: Form, name: str) -> tuple[np.ndarray, ...]:
    """Return what ``Form.prepare`` does; raise ValueError that names the image if it would be black."""
    parts = form.prepare(native)
    if not parts[0].any() and (brightest := native.max()):
        raise ValueError(
            f"{name} is black once it has {form.sight.pixels} pixels of type {form.sight.dtype}; its brightest one has"
            f" {brightest:g}. Name the camera under `damaged`."
        )
    return parts
