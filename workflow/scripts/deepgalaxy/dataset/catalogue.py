"""What an image file holds, and whether it keeps to the published layout."""

from collections import Counter
from collections.abc import Collection
from functools import partial
from pathlib import Path
from statistics import mode

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.contents import CHECKSUMS, NEVER_WRITTEN, checksums_to_text, never_written, wrong_sources
from deepgalaxy.dataset.layout import (
    GROUP_NAME,
    IMAGES_NAME,
    describe_group,
    describe_name,
    group_order,
    images_name,
    parse_group_name,
    recorded_numbers,
    times_name,
    undamaged_cameras,
    unit_name,
)
from deepgalaxy.dataset.pieces import Pieces
from deepgalaxy.dataset.values import READ_BYTES, describe_values
from deepgalaxy.logs import logger, progress
from deepgalaxy.parallel import in_processes

ACCEPTED_DTYPES = ("uint8", "float16", "float32")
SHOWN_VIOLATIONS = 10


def catalogue_dataset(path: str | Path, damaged: Collection[str] = (), processes: int = 1) -> pd.DataFrame:
    """Return one row for each group and camera of an image file, after reading every image of it.

    ``damaged`` names units, as group (``s_1_m_1``) or group and camera (``s_1_m_1/07``), that are known not to be in
    order: they are not read, and their rows say so. Columns: those of ``describe_group``, share_inside (of the
    stars' mass, what the images show at least in nine of ten snapshots; NaN if not recorded), camera, damaged (bool),
    snapshots, height, width, channels, dtype, minimum, maximum, mean, t_first_myr, t_last_myr, compression, chunks
    (shape, or empty if contiguous), least_bytes (memory to read a piece of ``Pieces``), crc32 (of each image, by
    ``checksums_to_text``); a damaged unit has values up to ``damaged`` only, and those of a damaged group that are not
    in its name are NaN.

    Raises ValueError that names each violation of the layout (the first ten, and how many more there are, which are
    printed), or says that the file is not HDF5 or cannot be opened, that a unit named as damaged is not there, or that
    all are damaged.
    """
    names = _group_names(path)
    unknown = set(damaged).difference(names, (unit_name(name, n) for name in names for n in range(CAMERA_COUNT)))
    if unknown:
        raise ValueError(
            f"`damaged` names {', '.join(sorted(unknown))}, but {path} holds only {', '.join(names)}, each with cameras"
            f" 00 to {CAMERA_COUNT - 1}."
        )
    left = [name for name in names if undamaged_cameras(name, damaged)]
    if names and not left:
        raise ValueError(f"`damaged` names all that {path} holds: {', '.join(names)}. There is nothing left to use.")
    rows, violations = [], _named_twice(left) if names else ["the file has no groups"]
    # Fewer processes, if what is packed together is too large for all of them.
    processes = max(1, min(processes, processes * READ_BYTES // _largest_piece(path, left, damaged)))
    groups = in_processes(partial(_describe_group, path, frozenset(damaged)), names, processes)
    for described, violated in progress(groups, len(names), "groups read"):
        rows += described
        violations += violated
    _refuse_violations(path, violations + _of_another_size(rows))
    for same in _same_images(rows):
        logger.warning("%s: a split may train on one and test on the other; name one under `damaged`", same)
    for row in rows:
        if row["damaged"]:
            logger.info("%s is left out as damaged", unit_name(row["group"], row["camera"]))
    table = pd.DataFrame(sorted(rows, key=lambda row: (group_order(row["group"]), row["camera"])))
    # Integers also where a damaged unit has none.
    counts = table.columns.intersection(["snapshots", "height", "width", "channels", "least_bytes"])
    return table.astype(dict.fromkeys(counts, "Int64"))


def _group_names(path: str | Path) -> list[str]:
    """Return what an HDF5 file holds; raise ValueError if it is none, or cannot be opened."""
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path} is not an HDF5 file; check the dataset's entry in the configuration.")
    try:
        with h5py.File(path) as file:
            return list(file)
    except OSError as error:
        raise ValueError(f"{path} cannot be opened: {error}. Restore it from a copy.") from error


def _refuse_violations(path: str | Path, violations: list[str]) -> None:
    """Raise ValueError that names violations, if there are any; print them all if they are too many for a sentence."""
    if not violations:
        return
    more = len(violations) - SHOWN_VIOLATIONS
    if more > 0:
        print(*violations, sep="\n")
    shown = "; ".join(violations[:SHOWN_VIOLATIONS]) + (f"; and {more} more, which the log names" if more > 0 else "")
    raise ValueError(f"{path} is not a DeepGalaxy image file: {shown}.")


def _largest_piece(path: str | Path, names: Collection[str], damaged: Collection[str]) -> int:
    """Return the memory that it takes to read the smallest piece of any images, in bytes, 1 at least."""
    largest = 1
    with h5py.File(path) as file:
        for name in names:
            for camera in undamaged_cameras(name, damaged) if isinstance(_opened(file, name), h5py.Group) else ():
                images = _opened(file, f"{name}/{images_name(camera)}")
                if isinstance(images, h5py.Dataset) and images.ndim:
                    largest = max(largest, Pieces.of(images).least_bytes)
    return largest


def _named_twice(names: Collection[str]) -> list[str]:
    """Name the groups whose names stand for the same ratios, which a split would take for two simulations."""
    by_ratios: dict[tuple, list[str]] = {}
    for name in filter(GROUP_NAME.fullmatch, names):
        by_ratios.setdefault(parse_group_name(name), []).append(name)
    return [f"{' and '.join(same)} have the same ratios" for same in by_ratios.values() if len(same) > 1]


def _same_images(rows: list[dict]) -> list[str]:
    """Name the groups that hold the same images as another: one merger, which a split would take for two."""
    first: dict[tuple, str] = {}
    same: dict[tuple[str, str], int] = {}
    for row in rows:
        if CHECKSUMS in row:
            other = first.setdefault((row["camera"], row[CHECKSUMS]), row["group"])
            if other != row["group"]:
                same[row["group"], other] = same.get((row["group"], other), 0) + 1
    cameras = Counter(row["group"] for row in rows if CHECKSUMS in row)
    return [f"{name} holds the same images as {other}" for (name, other), n in same.items() if n == cameras[name]]


def _of_another_size(rows: list[dict]) -> list[str]:
    """Name the cameras whose images have another size than those of most cameras."""
    sizes = {
        f"{row['group']}/{images_name(row['camera'])}": f"{row['height']} × {row['width']}"
        for row in rows
        if "height" in row
    }
    usual = mode(sizes.values()) if sizes else ""
    return [
        f"{path} has images of {size} pixels, and most others of {usual}"
        for path, size in sizes.items()
        if size != usual
    ]


def _describe_group(path: str | Path, damaged: frozenset[str], name: str) -> tuple[list[dict], list[str]]:
    """Return the rows of a group's cameras, and what is wrong with it."""
    try:
        parse_group_name(name)
    except ValueError as error:
        return [], [str(error).rstrip(".")]
    usable = undamaged_cameras(name, damaged)
    if not usable:
        about = describe_name(name) | {"share_inside": np.nan}
        return [about | {"camera": camera, "damaged": True} for camera in range(CAMERA_COUNT)], []
    rows, violations = [], []
    with h5py.File(path) as file:
        if not isinstance(_opened(file, name), h5py.Group):
            return [], [f"{name} is not a group that can be opened"]
        about = describe_group(file, name)
        share_inside = recorded_numbers(file[name], "share_inside")
        about["share_inside"] = np.percentile(share_inside, 10) if len(share_inside) else np.nan
        known = set(map(images_name, range(CAMERA_COUNT)))
        for other in sorted(set(filter(IMAGES_NAME.fullmatch, file[name])) - known):
            logger.warning("%s/%s is of none of the cameras 00 to %d and is not used", name, other, CAMERA_COUNT - 1)
        for camera in range(CAMERA_COUNT):
            row = about | {"camera": camera, "damaged": camera not in usable}
            if not row["damaged"]:
                described, violated = _describe_camera(file, name, camera)
                row |= described
                violations += violated
            rows.append(row)
    return rows, violations


def _opened(file: h5py.File, path: str) -> h5py.HLObject | None:
    """Return what lies at a path of a file, or None if nothing does that can be opened and has a type of NumPy's."""
    try:
        found = file.get(path)
        return found if getattr(found, "dtype", True) else None
    except (OSError, RuntimeError, TypeError):  # what h5py raises for damaged headers, and for other types
        return None


def _is_named(file: h5py.File, path: str) -> bool:
    """Return whether there is anything at a path of a file, be it a link to nothing."""
    group, _, name = path.rpartition("/")
    return file[group].get(name, getlink=True) is not None


def _describe_camera(file: h5py.File, name: str, camera: int) -> tuple[dict, list[str]]:
    """Return what is known of a group's camera, and all that is wrong with it."""
    images_path, times_path = f"{name}/{images_name(camera)}", f"{name}/{times_name(camera)}"
    violations = [
        f"{path} is {'not a dataset that can be opened' if _is_named(file, path) else 'missing'}"
        for path in (images_path, times_path)
        if not isinstance(_opened(file, path), h5py.Dataset)
    ]
    if violations:
        return {}, violations
    images, t_myr = file[images_path], file[times_path]
    violations = [*_wrong_form(images, images_path, t_myr), *_wrong_times(t_myr, times_path)]
    if violations:
        return {}, violations
    values, violations = describe_values(images, images_path)
    snapshots, height, width, channels = images.shape
    return {
        "snapshots": snapshots,
        "height": height,
        "width": width,
        "channels": channels,
        "dtype": images.dtype.name,
        "minimum": values.minimum,
        "maximum": values.maximum,
        "mean": values.mean,
        "t_first_myr": t_myr[0],
        "t_last_myr": t_myr[-1],
        "compression": images.compression or "none",
        "chunks": "x".join(map(str, images.chunks or ())),
        "least_bytes": Pieces.of(images).least_bytes,
        CHECKSUMS: checksums_to_text(values.checksums),
    }, violations


def _wrong_form(images: h5py.Dataset, path: str, t_myr: h5py.Dataset) -> list[str]:
    """Return what is wrong with the shape, the type and the storage of a camera's images, each by the path."""
    violations = []
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        violations.append(f"{path} has shape {images.shape}, not (snapshots, height, width, 1 or 3)")
    elif images.shape[1] != images.shape[2]:
        violations.append(f"{path} has images of {images.shape[1]} × {images.shape[2]} pixels, which are not square")
    if images.dtype.name not in ACCEPTED_DTYPES:
        violations.append(f"{path} is of type {images.dtype}, not one of {', '.join(ACCEPTED_DTYPES)}")
    if images.ndim == 0 or 0 in images.shape or t_myr.shape != images.shape[:1]:
        violations.append(f"{path} has shape {images.shape} for times of shape {t_myr.shape}")
    else:
        violations += _wrong_storage(images, path)
    return violations


def _wrong_storage(dataset: h5py.Dataset, path: str) -> list[str]:
    """Return why HDF5 would give something else than what was written, by the path."""
    if dataset.is_virtual:
        return [f"{path} {what}" for what in wrong_sources(dataset)]
    return [f"{path} {NEVER_WRITTEN}"] if never_written(dataset) else []


def _wrong_times(t_myr: h5py.Dataset, path: str) -> list[str]:
    """Return what is wrong with the times of a camera's images, by the path."""
    if t_myr.ndim != 1:
        return []  # which does not fit the images, whatever it holds
    if violations := _wrong_storage(t_myr, path):
        return violations
    try:
        times = t_myr[:]
    except OSError as error:
        return [f"{path} cannot be read ({error})"]
    if times.dtype.kind not in "iuf" or not np.isfinite(times).all():
        return [f"{path}, of type {times.dtype}, has values that are not numbers"]
    return [f"{path} does not increase"] if (times[1:] <= times[:-1]).any() else []
