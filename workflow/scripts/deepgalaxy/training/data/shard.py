"""The prepared images that a rank holds, in memory or streamed from their file."""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import tensorflow as tf

from deepgalaxy.parallel import one_ahead
from deepgalaxy.training.data.augment import Augmentation
from deepgalaxy.training.data.deal import Dealing, equal_part
from deepgalaxy.training.data.prepared import PreparedData

RUN_BYTES = 2**18
"""Neighbours that together take no more than this are read in one go; an image that takes more is read by itself."""
WINDOW_BYTES = 128 * RUN_BYTES
"""Images of this size together, runs from anywhere in a shard, are streamed, and shuffled once more, together."""


class Shard:
    """Images of a prepared file, given by contiguous slices of it, with their labels.

    ``labels`` (n,) int32 are read at once; with the names of ``properties``, which the file then has, they are float32
    (n, 1 + k), label and properties, NaN where one is not known. The images, (n, side, side, 1) of the dataset called
    ``name``, are read into memory if they take no more than ``memory_bytes``; otherwise ``images`` is None and they are
    read as they are needed. Either way the batches are the same.
    """

    def __init__(
        self,
        path: str | Path,
        slices: list[slice],
        memory_bytes: int,
        name: str = "images",
        properties: Sequence[str] = (),
    ) -> None:
        self.path, self.slices, self.name = path, slices, name
        self.starts = np.cumsum([0, *(part.stop - part.start for part in slices)])
        with h5py.File(path) as file:
            self._offsets = {part: file[part].id.get_offset() for part in (name, "label")}
            if properties:
                self._offsets["properties"] = _offset_of_properties(file, properties)
            self.image_shape, self.dtype = file[name].shape[1:], file[name].dtype
        if None in self._offsets.values():
            raise ValueError(f"{path} is not contiguous; it was not made by prepare_images.")
        self.labels = self._read("label", np.dtype(np.int32), (), 0, self.starts[-1])
        if properties:
            values = self._read("properties", np.dtype(np.float32), (len(properties),), 0, self.starts[-1])
            self.labels = np.concatenate([self.labels[:, None], values], axis=1, dtype=np.float32)
        in_memory = len(self.labels) * self.image_bytes <= memory_bytes
        self.images = self._read_images(0, self.starts[-1]) if in_memory else None

    @property
    def image_bytes(self) -> int:
        """Size of one image in bytes."""
        return int(np.prod(self.image_shape)) * self.dtype.itemsize

    @property
    def run(self) -> int:
        """Neighbours that are read in one go."""
        return max(1, RUN_BYTES // self.image_bytes)

    @property
    def window(self) -> int:
        """Images that are shuffled and streamed together, whole runs."""
        return self.run * max(1, WINDOW_BYTES // (self.run * self.image_bytes))

    @property
    def held_bytes(self) -> int:
        """Size of the images that are held in memory, in bytes."""
        return 0 if self.images is None else self.images.nbytes

    def places_in_file(self, places: np.ndarray) -> np.ndarray:
        """Return where in the prepared file the images are that have these ``places`` (m,) in the shard, int64 (m,)."""
        part = np.searchsorted(self.starts, places, side="right") - 1
        return places - self.starts[part] + np.array([part.start for part in self.slices])[part]

    def batches(
        self,
        order: np.ndarray,
        batch_size: int,
        change: Callable[[Sequence[np.ndarray], np.ndarray], np.ndarray] | None = None,
    ) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        """Yield pairs of images and labels in ``order``, places of shape (m,), ``batch_size`` at a time.

        The last batch may be smaller. Each is made while the one before it is in use. ``change`` is what is done to the
        images, given with their places in the prepared file.
        """
        # Not by tf.data.Dataset.from_generator: it lets the whole process map and unmap every large tensor anew
        # (docs/training.md), which makes training up to three times slower.
        places = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        if self.images is None:
            images: Iterator = self._from_file(order, batch_size)
        elif change is None:
            images = (self.images[some] for some in places)
        else:  # as they lie there: frames are large, and to copy them costs as much as some of the changes
            images = ([self.images[place] for place in some] for some in places)
        if change:
            images = (change(batch, self.places_in_file(some)) for batch, some in zip(images, places))
        return one_ahead((tf.constant(batch), tf.constant(self.labels[some])) for batch, some in zip(images, places))

    def _from_file(self, order: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
        """Yield batches of images from windows that are read one ahead."""
        windows = (order[start : start + self.window] for start in range(0, len(order), self.window))
        rest = np.empty((0, *self.image_shape), self.dtype)
        for images in one_ahead(self._read_window(places) for places in windows):
            images = np.concatenate((rest, images)) if len(rest) else images
            whole = len(images) - len(images) % batch_size
            yield from (images[start : start + batch_size] for start in range(0, whole, batch_size))
            rest = images[whole:]
        if len(rest):
            yield rest

    def _read_window(self, places: np.ndarray) -> np.ndarray:
        """Return the images at ``places``, neighbours read in one go."""
        images = np.empty((len(places), *self.image_shape), self.dtype)
        order = places.argsort()
        for run in np.split(order, np.flatnonzero(np.diff(places[order]) > 1) + 1):
            images[run] = self._read_images(places[run[0]], places[run[-1]] + 1)
        return images

    def _read_images(self, first: int, stop: int) -> np.ndarray:
        """Return the images from place ``first`` up to ``stop``."""
        return self._read(self.name, self.dtype, self.image_shape, first, stop)

    def _read(self, name: str, dtype: np.dtype, shape: tuple[int, ...], first: int, stop: int) -> np.ndarray:
        """Return items of a contiguous dataset, read past HDF5, which would read 64 KiB for a smaller piece."""
        items = np.empty((stop - first, *shape), dtype)
        item_bytes = int(np.prod(shape)) * dtype.itemsize
        with open(self.path, "rb", buffering=0) as file:
            for start, part in zip(self.starts, self.slices):
                begin, end = max(first, start), min(stop, start + part.stop - part.start)
                if begin < end:
                    file.seek(self._offsets[name] + (part.start + begin - start) * item_bytes)
                    _read_fully(file, items[begin - first : end - first])
        return items


def _offset_of_properties(file: h5py.File, properties: Sequence[str]) -> int | None:
    """Return where the properties of a prepared file begin. Raises ValueError if it has others, or none."""
    there = list(file["properties"].attrs["columns"]) if "properties" in file else []
    if there != list(properties):
        raise ValueError(
            f"{file.filename} has the properties {', '.join(there) or 'none'} and not {', '.join(properties)}; give"
            " properties.csv of the same sample."
        )
    return file["properties"].id.get_offset()


def _read_fully(file: io.FileIO, items: np.ndarray) -> None:
    """Fill an array from an unbuffered file, which may give less at a time. Raises ValueError if it ends too early."""
    view = items.reshape(-1).view(np.uint8).data
    while view:
        count = file.readinto(view)
        if not count:
            raise ValueError(f"{file.name} ends before the images that it should hold; make it again.")
        view = view[count:]


class TrainingImages:
    """The training images of one rank, read anew when they are dealt anew, and augmented anew in each epoch."""

    def __init__(
        self,
        path: str | Path,
        dealing: Dealing,
        rank: int,
        memory_bytes: int,
        augmentation: Augmentation | None = None,
        properties: Sequence[str] = (),
    ) -> None:
        self.properties = properties
        self.path, self.dealing, self.rank, self.memory_bytes = path, dealing, rank, memory_bytes
        self.augmentation = augmentation
        self.shard: Shard | None = None
        self.deal: int | None = None

    def load(self, epoch: int) -> None:
        """Hold the shard that an epoch, counted from 1, takes its images from."""
        if self.deal != self.dealing.number(epoch):
            self.shard = None  # so that two shards are never in memory together
            source = self.augmentation.source if self.augmentation else "images"
            held = self.dealing.held(self.rank, epoch)
            self.shard = Shard(self.path, held, self.memory_bytes, source, self.properties)
            self.deal = self.dealing.number(epoch)

    def batches(self, epoch: int, batch_size: int, first: int, stop: int) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        """Yield the batches of an epoch with the numbers from ``first`` up to ``stop``.

        Raises RuntimeError if no shard is loaded.
        """
        if self.shard is None:
            raise RuntimeError(f"The images of epoch {epoch} are not loaded.")
        order = self.dealing.order(self.rank, epoch, self.shard.run, self.shard.window)
        chosen = order[first * batch_size : stop * batch_size]
        if self.augmentation is None or self.augmentation.ranges.none:
            return self.shard.batches(chosen, batch_size)
        return self.shard.batches(chosen, batch_size, partial(self.augmentation.apply, epoch=epoch))


def images_of_rank(
    data: PreparedData,
    dealing: Dealing,
    rank: int,
    memory_bytes: int,
    augmentation: Augmentation | None = None,
    properties: Sequence[str] = (),
) -> tuple[TrainingImages, Shard]:
    """Return the images that a rank trains on, to be loaded, and its part of the validation images, with these
    ``properties``.

    Together they hold no more than ``memory_bytes``: what is left by the validation images is for the others.
    """
    mine = [equal_part(data.validation_images, rank, dealing.size)]
    validation = Shard(data.validation, mine, memory_bytes, properties=properties)
    memory_bytes -= validation.held_bytes
    return TrainingImages(data.train, dealing, rank, memory_bytes, augmentation, properties), validation
