"""Selecting groups, cameras and times of an image file."""

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.layout import (
    describe_group,
    group_order,
    images_name,
    is_isolated,
    parse_group_name,
    times_name,
    unit_name,
)
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.files import whole_file
from deepgalaxy.logs import logger, progress

COPY_BYTES = 64 * 2**20  # of images at a time


def match_groups(available: list[str], patterns: list[str], exclude: list[str] | None = None) -> list[str]:
    """Return the groups that match any of the shell-style globs ``patterns`` and none of ``exclude``, in order.

    A glob matches the whole name: ``s_1_*`` does not take ``s_1.5_m_1``. Raises ValueError if a pattern matches
    nothing or nothing is left, listing what there is.
    """
    there = f"the dataset has {', '.join(available)}"
    for pattern in [*patterns, *(exclude or [])]:
        if not any(fnmatchcase(name, pattern) for name in available):
            raise ValueError(f"The glob {pattern!r} matches no group; {there}.")
    chosen = [
        name
        for name in available
        if any(fnmatchcase(name, pattern) for pattern in patterns)
        and not any(fnmatchcase(name, pattern) for pattern in exclude or [])
    ]
    if not chosen:
        raise ValueError(f"The exclusions {exclude} leave no group; {there}.")
    return chosen


def camera_numbers(cameras: int | list[int]) -> list[int]:
    """Return the cameras meant by a count (the first n, 1 to 14) or by a list of numbers from 0 to 13."""
    numbers = list(range(cameras)) if isinstance(cameras, int) else sorted(set(cameras))
    if not numbers or not set(numbers) <= set(range(CAMERA_COUNT)):
        raise ValueError(f"`cameras` is {cameras}; give a count from 1 to 14, or a list of numbers from 0 to 13.")
    return numbers


def select_groups(
    available: Iterable[str],
    groups: list[str],
    exclude: list[str] | None = None,
    size_ratio: tuple[float, float] | None = None,
    mass_ratio: tuple[float, float] | None = None,
) -> list[str]:
    """Return the groups that match the globs and whose ratios are within the given ranges, ends included.

    They are ordered as by ``group_order``. An isolated galaxy has no ratios: the globs alone select it, whatever the
    ranges. Raises ValueError if nothing is selected.
    """
    available = sorted(available, key=group_order)
    chosen = [
        name
        for name in match_groups(available, groups, exclude)
        if is_isolated(name)
        or all(
            limits is None or limits[0] <= ratio <= limits[1]
            for ratio, limits in zip(parse_group_name(name), (size_ratio, mass_ratio))
        )
    ]
    if not chosen:
        raise ValueError(
            f"No group has its size ratio within {size_ratio or 'any limits'} and its mass ratio within"
            f" {mass_ratio or 'any limits'}; the dataset has {', '.join(available)}."
        )
    return chosen


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
    catalogue calls damaged are left out, and the log says so.

    Raises ValueError if any of these selects nothing.
    """
    damaged = {(row.group, row.camera) for row in catalogue.itertuples() if row.damaged}
    names = select_groups(catalogue["group"].unique(), **groups)
    numbers = camera_numbers(cameras)
    if damaged.issuperset(product(names, numbers)):
        raise ValueError(f"All that is selected of {', '.join(names)} is damaged; select other groups or cameras.")
    with whole_file(output) as path, h5py.File(dataset) as source, h5py.File(path, "w") as subset:
        # Through links: HDF5 looks for the original from where the subset really lies.
        original = os.path.relpath(os.path.realpath(dataset), os.path.realpath(Path(output).parent))
        for name in progress(names, len(names), "groups"):
            group = subset.create_group(name)
            group.attrs.update(source[name].attrs)
            for camera in numbers:
                if (name, camera) in damaged:
                    logger.info("%s is damaged and not selected", unit_name(name, camera))
                    continue
                images, t_myr = source[name][images_name(camera)], source[name][times_name(camera)][:]
                window = _time_window(name, t_myr, time_myr)
                group[times_name(camera)] = t_myr[window]
                if copy:
                    _copy_images(images, window, group, images_name(camera))
                else:
                    layout = h5py.VirtualLayout((len(t_myr[window]), *images.shape[1:]), images.dtype)
                    layout[:] = h5py.VirtualSource(original, images.name, images.shape)[window]
                    layout.dcpl.set_obj_track_times(False)  # as h5py does for other datasets
                    group.create_virtual_dataset(images_name(camera), layout)


def _time_window(name: str, t_myr: np.ndarray, limits: tuple[float, float] | None) -> slice:
    """Return which of the increasing times are within ``limits``; raise ValueError if none is."""
    earliest, latest = limits or (-np.inf, np.inf)
    first, last = np.searchsorted(t_myr, earliest, "left"), np.searchsorted(t_myr, latest, "right")
    if first == last:
        raise ValueError(
            f"{name} has no snapshot from {earliest:g} to {latest:g} Myr; its times run from"
            f" {t_myr[0]} to {t_myr[-1]} Myr."
        )
    return slice(int(first), int(last))


def _copy_images(images: h5py.Dataset, window: slice, group: h5py.Group, name: str) -> None:
    """Copy a window of images, (n, height, width, channels), into ``group`` with the chunks and filters they have."""
    count, layout = window.stop - window.start, {}
    if images.chunks:
        layout["chunks"] = (min(images.chunks[0], count), *images.chunks[1:])
        layout |= {name: getattr(images, name) for name in ("compression", "compression_opts", "shuffle")}
    copy = group.create_dataset(name, (count, *images.shape[1:]), images.dtype, **layout)
    for piece in Pieces.of(copy).slices(count, COPY_BYTES):
        copy[piece] = images[window.start + piece.start : window.start + piece.stop]


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
                    placed = {"camera": camera, "snapshot": np.arange(len(t_myr)), "t_myr": t_myr}
                    tables.append(pd.DataFrame(about | placed))
    return pd.concat(tables, ignore_index=True)
