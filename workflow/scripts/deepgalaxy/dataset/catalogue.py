"""What an image file holds, and whether it keeps to the published layout."""

from collections.abc import Collection
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.layout import (
    GROUP_NAME,
    describe_group,
    group_order,
    images_name,
    parse_group_name,
    times_name,
    unit_name,
)
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.logs import logger, progress
from deepgalaxy.parallel import in_processes

ACCEPTED_DTYPES = ("uint8", "float16", "float32")
READ_BYTES = 64 * 2**20  # to read images at a time, in each process, if a piece of them takes no more
SHOWN_VIOLATIONS = 10


def catalogue_dataset(path: str | Path, damaged: Collection[str] = (), processes: int = 1) -> pd.DataFrame:
    """Return one row for each group and camera of an image file, after reading every image of it.

    ``damaged`` names units, as group (``s_1_m_1``) or group and camera (``s_1_m_1/07``), that are known not to be in
    order: they are not read, and their rows say so. Columns: those of ``describe_group``, share_inside (of the
    stars' mass, what the images show at least in nine of ten snapshots; NaN if not recorded), camera, damaged (bool),
    snapshots, height, width, channels, dtype, minimum, maximum, t_first_myr, t_last_myr, compression, chunks (shape, or
    empty if contiguous), least_bytes (memory to read a piece of ``Pieces``); a damaged unit has values up to
    ``damaged`` only.

    Raises ValueError that names each violation of the layout (the first ten, and how many more there are), or says that
    the file is not HDF5, or that a unit named as damaged is not there.
    """
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path} is not an HDF5 file; check the dataset's entry in the configuration.")
    with h5py.File(path) as file:
        names = list(file)
        largest = max((_largest_piece(file[name]) for name in names if file.get(name) is not None), default=0)
    # Fewer processes, if what is packed together is too large for all of them.
    processes = max(1, min(processes, processes * READ_BYTES // max(1, largest)))
    unknown = [unit for unit in damaged if unit.split("/")[0] not in names]
    if unknown:
        raise ValueError(f"`damaged` names {', '.join(unknown)}, but {path} holds only {', '.join(names)}.")
    rows, violations = [], _named_twice(names) if names else ["the file has no groups"]
    groups = in_processes(partial(_describe_group, path, frozenset(damaged)), names, processes)
    for described, violated in progress(groups, len(names), "groups read"):
        rows += described
        violations += violated
    if violations:
        more = len(violations) - SHOWN_VIOLATIONS
        shown = "; ".join(violations[:SHOWN_VIOLATIONS]) + (f"; and {more} more" if more > 0 else "")
        raise ValueError(f"{path} is not a DeepGalaxy image file: {shown}.")
    for row in rows:
        if row["damaged"]:
            logger.info("%s is left out as damaged", unit_name(row["group"], row["camera"]))
    table = pd.DataFrame(sorted(rows, key=lambda row: (group_order(row["group"]), row["camera"])))
    # Integers also where a damaged unit has none.
    counts = table.columns.intersection(["snapshots", "height", "width", "channels", "least_bytes"])
    return table.astype(dict.fromkeys(counts, "Int64"))


def _largest_piece(group: h5py.Group) -> int:
    """Return the memory that it takes to read any smallest piece of a group's images, in bytes; 0 for what are none."""
    cameras = (group.get(images_name(camera)) for camera in range(CAMERA_COUNT)) if hasattr(group, "get") else ()
    images = (each for each in cameras if isinstance(each, h5py.Dataset) and each.ndim == 4)
    return max((Pieces.of(each).least_bytes for each in images), default=0)


def _named_twice(names: Collection[str]) -> list[str]:
    """Name the groups whose names stand for the same ratios, which a split would take for two simulations."""
    by_ratios: dict[tuple, list[str]] = {}
    for name in filter(GROUP_NAME.fullmatch, names):
        by_ratios.setdefault(parse_group_name(name), []).append(name)
    return [f"{' and '.join(same)} have the same ratios" for same in by_ratios.values() if len(same) > 1]


def _describe_group(path: str | Path, damaged: frozenset[str], name: str) -> tuple[list[dict], list[str]]:
    """Return the rows of a group's cameras, and what is wrong with it."""
    try:
        parse_group_name(name)
    except ValueError as error:
        return [], [str(error).rstrip(".")]
    rows, violations = [], []
    with h5py.File(path) as file:
        if not isinstance(file.get(name), h5py.Group):
            return [], [f"{name} is not a group that can be opened"]
        about = describe_group(file, name)
        about["share_inside"] = np.percentile(file[name].attrs.get("share_inside", np.nan), 10)
        for camera in range(CAMERA_COUNT):
            row = about | {"camera": camera}
            row["damaged"] = not damaged.isdisjoint((name, unit_name(name, camera)))
            if not row["damaged"]:
                described, violated = _describe_camera(file, name, camera)
                row |= described
                violations += violated
            rows.append(row)
    return rows, violations


def _describe_camera(file: h5py.File, name: str, camera: int) -> tuple[dict, list[str]]:
    """Return what is known of a group's camera, and all that is wrong with it."""
    images_path, times_path = f"{name}/{images_name(camera)}", f"{name}/{times_name(camera)}"
    violations = [
        f"{path} is {'missing' if path not in file else 'not a dataset'}"
        for path in (images_path, times_path)
        if not isinstance(file.get(path), h5py.Dataset)
    ]
    if violations:
        return {}, violations
    images, t_myr = file[images_path], file[times_path]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        violations.append(f"{images_path} has shape {images.shape}, not (snapshots, height, width, 1 or 3)")
    if images.dtype.name not in ACCEPTED_DTYPES:
        violations.append(f"{images_path} is of type {images.dtype}, not one of {', '.join(ACCEPTED_DTYPES)}")
    if images.ndim == 0 or 0 in images.shape or t_myr.shape != images.shape[:1]:
        violations.append(f"{images_path} has shape {images.shape} for times of shape {t_myr.shape}")
    elif t_myr.dtype.kind not in "iuf" or not np.isfinite(t_myr[:]).all():
        violations.append(f"{times_path}, of type {t_myr.dtype}, has values that are not numbers")
    elif (t_myr[1:] <= t_myr[:-1]).any():
        violations.append(f"{times_path} does not increase")
    if violations:
        return {}, violations
    extremes, violations = _value_range(images, images_path)
    snapshots, height, width, channels = images.shape
    return {
        "snapshots": snapshots,
        "height": height,
        "width": width,
        "channels": channels,
        "dtype": images.dtype.name,
        "minimum": extremes[0],
        "maximum": extremes[1],
        "t_first_myr": t_myr[0],
        "t_last_myr": t_myr[-1],
        "compression": images.compression or "none",
        "chunks": "x".join(map(str, images.chunks or ())),
        "least_bytes": Pieces.of(images).least_bytes,
    }, violations


def _value_range(images: h5py.Dataset, path: str) -> tuple[tuple[float, float], list[str]]:
    """Return the smallest and the largest value of (n, height, width, channels), and what is wrong with the values."""
    extremes, violations = np.full((len(images), 2), np.nan), []
    for piece in Pieces.of(images).slices(len(images), READ_BYTES):
        numbers = range(piece.start, piece.stop)
        try:
            values = images[piece]
        except OSError:
            violations += _unreadable(images, path, numbers)
            continue
        extremes[piece] = smallest_and_largest(values.reshape(len(values), -1))
        for number in numbers:
            if np.isnan(extremes[number]).any():
                violations.append(f"{path}[{number}] has values that are not numbers")
            elif extremes[number, 0] == extremes[number, 1]:
                violations.append(f"{path}[{number}] has the value {extremes[number, 0]:g} everywhere")
    known = extremes[~np.isnan(extremes).any(axis=1)]
    minimum, maximum = (known[:, 0].min(), known[:, 1].max()) if len(known) else (np.inf, -np.inf)
    if images.dtype != np.uint8 and (minimum < 0 or maximum > 1):
        violations.append(f"{path} has values from {minimum:g} to {maximum:g}, outside [0, 1]")
    if images.dtype == np.uint8 and 0 < maximum <= 1:
        violations.append(f"{path} is of type uint8 but uses only 0 and 1 of its range from 0 to 255")
    return (float(minimum), float(maximum)), violations


def smallest_and_largest(values: np.ndarray) -> np.ndarray:
    """Return the smallest and the largest value of each row of (n, m), as (n, 2); NaN where any value is NaN.

    Floats from 0 to 1 are in the order of the integers with the same bits (IEEE 754), which numpy compares some 30
    times as fast as float16. Larger, negative (also -0) and undefined floats have larger integers; these are compared
    as floats.
    """
    if values.dtype.kind == "f":
        unsigned = values.dtype.str.replace("f", "u")
        bits = values.view(unsigned)
        extremes = np.stack([bits.min(axis=1), bits.max(axis=1)], axis=1).astype(unsigned)
        if extremes.max() <= np.ones(1, values.dtype).view(unsigned)[0]:
            return extremes.view(values.dtype)
    return np.stack([values.min(axis=1), values.max(axis=1)], axis=1)


def _unreadable(images: h5py.Dataset, path: str, numbers: range) -> list[str]:
    """Name the images among ``numbers`` that cannot be read."""
    violations = []
    for number in numbers:
        try:
            images[number]
        except OSError as error:
            violations.append(f"{path}[{number}] cannot be read ({error})")
    return violations
