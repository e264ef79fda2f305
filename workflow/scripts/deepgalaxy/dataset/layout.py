"""The published layout of a DeepGalaxy image file, for reading and for writing.

A file has one group ``s_{size ratio}_m_{mass ratio}`` for each simulated merger. Files simulated here may also have a
group ``isolated_{nn}`` for each galaxy that evolved alone. For each camera ``cc`` in 00..13 a group holds
``images_camera_{cc}``, of shape (snapshots, height, width, channels), and ``t_myr_camera_{cc}``, of shape (snapshots,),
the times in Myr.
"""

import math
import re
from collections.abc import Collection, Iterable
from pathlib import Path

import h5py
import numpy as np

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger

GROUP_NAME = re.compile(r"s_(?P<size_ratio>\d+(\.\d+)?)_m_(?P<mass_ratio>\d+(\.\d+)?)")
ISOLATED_NAME = re.compile(r"isolated_(?P<number>\d{2,})")
IMAGES_NAME = re.compile(r"images_camera_\d+")


def group_name(size_ratio: float, mass_ratio: float) -> str:
    """Return the group of a merger by its size and mass ratio (companion over primary).

    >>> group_name(1.0, 0.25)
    's_1_m_0.25'
    """
    return f"s_{size_ratio:g}_m_{mass_ratio:g}"


def is_isolated(name: str) -> bool:
    """Return whether a group is by its name that of an isolated galaxy, which is no merger.

    >>> is_isolated("isolated_01"), is_isolated("s_1_m_1")
    (True, False)
    """
    return ISOLATED_NAME.fullmatch(name) is not None


def parse_group_name(name: str) -> tuple[float, float]:
    """Return size and mass ratio of a group, both NaN for an isolated galaxy.

    Raises ValueError if the name is neither that of a merger in the published form nor that of an isolated galaxy.
    """
    if is_isolated(name):
        return math.nan, math.nan
    match = GROUP_NAME.fullmatch(name)
    if not match:
        raise ValueError(f"Group {name!r} is not named s_{{size ratio}}_m_{{mass ratio}}, or isolated_{{number}}.")
    return float(match["size_ratio"]), float(match["mass_ratio"])


def isolated_name(number: int) -> str:
    """Return the group of a lone galaxy by its number.

    >>> isolated_name(1)
    'isolated_01'
    """
    return f"isolated_{number:02d}"


def group_order(name: str) -> tuple[bool, float, float]:
    """Return the key by which groups are sorted: mergers by size and mass ratio, then isolated galaxies by number.

    Raises ValueError as ``parse_group_name`` does.

    >>> sorted(["isolated_02", "s_1.5_m_1", "isolated_01", "s_1_m_1"], key=group_order)
    ['s_1_m_1', 's_1.5_m_1', 'isolated_01', 'isolated_02']
    """
    isolated = ISOLATED_NAME.fullmatch(name)
    return (True, float(isolated["number"]), 0.0) if isolated else (False, *parse_group_name(name))


def images_name(camera: int) -> str:
    """Return the name of a camera's images within a group."""
    return f"images_camera_{camera:02d}"


def times_name(camera: int) -> str:
    """Return the name of a camera's times within a group."""
    return f"t_myr_camera_{camera:02d}"


def unit_name(group: str, camera: int) -> str:
    """Return how the configuration names one camera of a group.

    >>> unit_name("s_1_m_1", 7)
    's_1_m_1/07'
    """
    return f"{group}/{camera:02d}"


def undamaged_cameras(group: str, damaged: Collection[str]) -> list[int]:
    """Return the cameras of a group that are not damaged; ``damaged`` names groups and units.

    >>> undamaged_cameras("s_1_m_1", ["s_1_m_1/00", "s_1_m_1/01"])[0], undamaged_cameras("s_1_m_1", ["s_1_m_1"])
    (2, [])
    """
    return [
        camera for camera in range(CAMERA_COUNT) if group not in damaged and unit_name(group, camera) not in damaged
    ]


def create_sequences(
    group: h5py.Group, image_shape: tuple[int, int, int], dtype: np.dtype, t_myr: np.ndarray, cameras: int
) -> list[h5py.Dataset]:
    """Write the times (snapshots,) of each camera of a group, and return its images, (snapshots, *image_shape), to be
    written one by one."""
    sequences = []
    for camera in range(cameras):
        sequences.append(
            group.create_dataset(
                images_name(camera),
                (len(t_myr), *image_shape),
                dtype,
                chunks=(1, *image_shape),
                compression="gzip",
                compression_opts=3,
                shuffle=True,
            )
        )
        group.create_dataset(times_name(camera), data=t_myr)
    return sequences


def recorded_numbers(group: h5py.Group, attribute: str) -> np.ndarray:
    """Return the numbers that an attribute of a group records, float64 (n,), none if there is no such attribute.

    One that holds something else is taken for none, and the log says so.
    """
    if attribute not in group.attrs:
        return np.empty(0)
    try:
        return np.atleast_1d(np.asarray(group.attrs[attribute], float)).ravel()
    except (OSError, RuntimeError, TypeError, ValueError):
        logger.warning("%s has an attribute %s that is no number and is not used", group.name[1:], attribute)
        return np.empty(0)


def copy_attributes(source: h5py.Group, target: h5py.Group) -> None:
    """Copy the attributes of a group; those that cannot be copied are left out, and the log says so."""
    for name in source.attrs:
        try:
            if h5py.check_ref_dtype(source.attrs.get_id(name).dtype):
                raise TypeError("it refers to something in its own file")
            target.attrs[name] = source.attrs[name]
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            logger.warning("the attribute %r of %s cannot be copied: %s", name, source.name[1:], error)


def merger_events(group: h5py.Group) -> tuple[float, float]:
    """Return the times of a group's first pericentre and of the coalescence, in Myr since the start of the simulation;
    NaN for what did not happen or is not recorded, as in the published files."""
    first_myr, coalescence_myr = (
        min(recorded_numbers(group, name), default=math.nan) for name in ("pericentres_myr", "coalescence_myr")
    )
    return float(first_myr), float(coalescence_myr)


def describe_name(name: str) -> dict:
    """Return what the name of a group says: as ``describe_group``, with NaN for the events.

    Raises ValueError as ``parse_group_name`` does.
    """
    size_ratio, mass_ratio = parse_group_name(name)
    return {
        "group": name,
        "size_ratio": size_ratio,
        "mass_ratio": mass_ratio,
        "isolated": is_isolated(name),
        "first_pericentre_myr": math.nan,
        "coalescence_myr": math.nan,
    }


def describe_group(file: h5py.File, name: str) -> dict:
    """Return what tables say of a group: ``group``, ``size_ratio`` and ``mass_ratio`` (NaN for an isolated galaxy),
    ``isolated``, and ``first_pericentre_myr`` and ``coalescence_myr`` (as ``merger_events``).

    Raises ValueError as ``parse_group_name`` does.
    """
    return describe_name(name) | dict(zip(("first_pericentre_myr", "coalescence_myr"), merger_events(file[name])))


def read_pericentres(path: str | Path) -> dict[str, np.ndarray]:
    """Return the times of the pericentric passages, in Myr, of those groups of a file that record them."""
    with h5py.File(path) as file:
        return {
            name: recorded_numbers(group, "pericentres_myr")
            for name, group in file.items()
            if "pericentres_myr" in group.attrs
        }


def join_files(inputs: Iterable[str | Path], output: str | Path) -> None:
    """Copy the groups of all ``inputs`` into one file."""
    with whole_hdf5(output) as joined:
        for source in inputs:
            with h5py.File(source) as file:
                for name in file:
                    file.copy(name, joined)
