"""Selecting groups, cameras and times of an image file."""

import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import CAMERA_COUNT, camera_numbers
from deepgalaxy.dataset.contents import CHECKSUMS, checksums_from_text
from deepgalaxy.dataset.layout import (
    copy_attributes,
    describe_group,
    group_order,
    images_name,
    times_name,
    unit_name,
)
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.dataset.units import usable_cameras
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger, progress
from deepgalaxy.sample.units import select_units

COPY_BYTES = 64 * 2**20  # of images at a time
FIRST_SNAPSHOT = "first_snapshot_camera_{:02d}"
"""The attribute of a group that says which snapshot of the dataset the first image of a camera is, if not the first:
other attributes have a value for each snapshot of the dataset."""


def select_images(
    dataset: str | Path,
    catalogue: pd.DataFrame,
    output: str | Path,
    cameras: int | list[int],
    time_myr: tuple[float, float] | None = None,
    copy: bool = False,
    **groups: Any,
) -> None:
    """Write a subset of an image file that has the same layout.

    The images are virtual datasets that refer to the original, found relative to the subset, so that both can be moved
    together; with ``copy`` they are copied, with their chunks and filters. ``cameras`` is a count or a list,
    ``time_myr`` the first and last time to keep, ``groups`` the arguments of ``select_groups``. Units that the
    catalogue calls damaged are left out, and the log says so. The attribute CHECKSUMS of the images has what the
    catalogue says of each, by which ``prepare_images`` sees that it reads the same ones.

    Raises ValueError if any of these selects nothing.
    """
    chosen = select_units(usable_cameras(catalogue), cameras, **groups)
    checksums = catalogue.set_index(["group", "camera"])[CHECKSUMS]
    with h5py.File(dataset) as source, whole_hdf5(output) as subset:
        # Through links: HDF5 looks for the original from where the subset really lies.
        original = os.path.relpath(os.path.realpath(dataset), os.path.realpath(Path(output).parent))
        original = original.replace("%", "%%")  # which HDF5 takes for a number to be filled in
        for name, numbers in progress(chosen.items(), len(chosen), "groups"):
            for camera in camera_numbers(cameras):
                if camera not in numbers:
                    logger.info("%s is damaged and not selected", unit_name(name, camera))
            if not numbers:
                continue
            group = subset.create_group(name)
            copy_attributes(source[name], group)
            for camera in numbers:
                images, t_myr = source[name][images_name(camera)], source[name][times_name(camera)][:]
                window = _time_window(name, t_myr, time_myr)
                group[times_name(camera)] = t_myr[window]
                if window.start:
                    group.attrs[FIRST_SNAPSHOT.format(camera)] = window.start
                if copy:
                    selected = _copy_images(images, window, group, images_name(camera))
                else:
                    layout = h5py.VirtualLayout((len(t_myr[window]), *images.shape[1:]), images.dtype)
                    layout[:] = h5py.VirtualSource(original, images.name, images.shape)[window]
                    layout.dcpl.set_obj_track_times(False)  # as h5py does for other datasets
                    selected = group.create_virtual_dataset(images_name(camera), layout)
                selected.attrs[CHECKSUMS] = checksums_from_text(checksums[name, camera])[window]


def _time_window(name: str, t_myr: np.ndarray, limits: tuple[float, float] | None) -> slice:
    """Return which of the increasing times are within ``limits``; raise ValueError if none is."""
    earliest, latest = limits or (-np.inf, np.inf)
    first, last = np.searchsorted(t_myr, earliest, "left"), np.searchsorted(t_myr, latest, "right")
    if first >= last:
        raise ValueError(
            f"{name} has no snapshot from {earliest:g} to {latest:g} Myr; its times run from"
            f" {t_myr[0]} to {t_myr[-1]} Myr."
        )
    return slice(int(first), int(last))


def _copy_images(images: h5py.Dataset, window: slice, group: h5py.Group, name: str) -> h5py.Dataset:
    """Copy a window of images, (n, height, width, channels), into ``group`` with the chunks and filters they have."""
    count, layout = window.stop - window.start, {}
    if images.chunks:
        layout["chunks"] = tuple(map(min, images.chunks, (count, *images.shape[1:])))
        layout |= {name: getattr(images, name) for name in ("compression", "compression_opts", "shuffle")}
    copy = group.create_dataset(name, (count, *images.shape[1:]), images.dtype, **layout)
    for piece in Pieces.of(copy).slices(count, COPY_BYTES):
        copy[piece] = images[window.start + piece.start : window.start + piece.stop]
    return copy


def list_images(subset: str | Path) -> pd.DataFrame:
    """Return one row for each image of an image file.

    Columns: those of ``describe_group``, camera, snapshot, the index within the file, and t_myr, the time in the file.
    Rows are ordered by group (``group_order``), camera and snapshot.
    """
    tables = []
    with h5py.File(subset) as file:
        for name in sorted(file, key=group_order):
            about = describe_group(file, name)
            for camera in range(CAMERA_COUNT):
                if images_name(camera) in file[name]:
                    t_myr = file[name][times_name(camera)][:]
                    t_myr = t_myr.astype(t_myr.dtype.newbyteorder("="))  # the only order that pandas takes
                    placed = {"camera": camera, "snapshot": np.arange(len(t_myr)), "t_myr": t_myr}
                    tables.append(pd.DataFrame(about | placed))
    return pd.concat(tables, ignore_index=True)
