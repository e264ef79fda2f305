"""From a catalogue to a labelled sample: which images are used, what they are called, and what each is used for."""

import os
from fnmatch import fnmatchcase
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.cameras import CAMERA_COUNT
from deepgalaxy.files import whole_file
from deepgalaxy.image_file import images_name, parse_group_name, times_name

SPLITS = ("train", "validation", "test")


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


def select_images(
    dataset: str | Path,
    groups: list[str],
    cameras: int | list[int],
    output: str | Path,
    exclude: list[str] | None = None,
    time_myr: tuple[float, float] | None = None,
) -> None:
    """Write a subset of an image file that has the same layout, as virtual datasets that refer to the original.

    ``groups`` and ``exclude`` are globs over group names, ``cameras`` a count or a list, ``time_myr`` the first and
    last time to keep. Raises ValueError if any of these selects nothing.
    """
    numbers = camera_numbers(cameras)
    earliest, latest = time_myr or (-np.inf, np.inf)
    with whole_file(output) as path, h5py.File(dataset) as source, h5py.File(path, "w", libver="latest") as subset:
        # HDF5 looks for the original relative to the subset, so that both can be moved together.
        original = os.path.relpath(dataset, Path(output).parent)
        for name in match_groups(sorted(source, key=parse_group_name), groups, exclude):
            group = subset.create_group(name)
            group.attrs.update(source[name].attrs)
            for camera in numbers:
                images, t_myr = source[name][images_name(camera)], source[name][times_name(camera)][:]
                kept = np.flatnonzero((t_myr >= earliest) & (t_myr <= latest))
                if not len(kept):
                    raise ValueError(
                        f"{name} has no snapshot from {earliest:g} to {latest:g} Myr; its times run from"
                        f" {t_myr[0]} to {t_myr[-1]} Myr."
                    )
                window = slice(kept[0], kept[-1] + 1)
                layout = h5py.VirtualLayout((len(kept), *images.shape[1:]), images.dtype)
                layout[:] = h5py.VirtualSource(original, images.name, images.shape)[window]
                group.create_virtual_dataset(images_name(camera), layout)
                group[times_name(camera)] = t_myr[window]


def list_images(subset: str | Path) -> pd.DataFrame:
    """Return one row for each image of an image file: group, size_ratio, mass_ratio, camera, snapshot, t_myr.

    ``snapshot`` is the index within the file. Rows are ordered by ratios, camera and snapshot.
    """
    tables = []
    with h5py.File(subset) as file:
        for name in sorted(file, key=parse_group_name):
            size_ratio, mass_ratio = parse_group_name(name)
            for camera in range(CAMERA_COUNT):
                if images_name(camera) not in file[name]:
                    continue
                t_myr = file[name][times_name(camera)][:]
                tables.append(
                    pd.DataFrame(
                        {
                            "group": name,
                            "size_ratio": size_ratio,
                            "mass_ratio": mass_ratio,
                            "camera": camera,
                            "snapshot": np.arange(len(t_myr)),
                            "t_myr": t_myr,
                        }
                    )
                )
    return pd.concat(tables, ignore_index=True)


def label_images(images: pd.DataFrame, task: str, bins: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``images`` with an integer column ``label`` in order of time, and the table of the classes.

    Tasks: ``time`` has one class for each distinct time, ``time_camera`` one for each time and camera (upstream's
    distributed label), ``time_bins`` divides the time from first to last into ``bins`` equal parts. The class table has
    the columns label, t_from_myr, t_to_myr, t_centre_myr, and camera for ``time_camera``.

    Raises ValueError for an unknown task, or when a bin would be empty.
    """
    times = np.unique(images["t_myr"])
    if task in ("time", "time_camera"):
        index = np.searchsorted(times, images["t_myr"])
        classes = pd.DataFrame({"t_from_myr": times, "t_to_myr": times, "t_centre_myr": times.astype(float)})
        if task == "time_camera":
            cameras = np.unique(images["camera"])
            index = index * len(cameras) + np.searchsorted(cameras, images["camera"])
            classes = classes.merge(pd.DataFrame({"camera": cameras}), how="cross")
    elif task == "time_bins":
        edges = np.linspace(times[0], times[-1], bins + 1)
        index = np.minimum(np.searchsorted(edges, images["t_myr"], side="right") - 1, bins - 1)
        if len(np.unique(index)) < bins:
            raise ValueError(f"{bins} time bins over {len(times)} distinct times leave some empty; lower `bins`.")
        classes = pd.DataFrame(
            {"t_from_myr": edges[:-1], "t_to_myr": edges[1:], "t_centre_myr": (edges[:-1] + edges[1:]) / 2}
        )
    else:
        raise ValueError(f"There is no class task {task!r}; choose time, time_camera or time_bins.")
    classes.insert(0, "label", np.arange(len(classes)))
    return images.assign(label=index), classes


def split_by_simulation(images: pd.DataFrame, validation: float, test: float, seed: int) -> pd.DataFrame:
    """Return ``images`` with a column ``split``: all images of one simulation are in the same split.

    ``validation`` and ``test`` are fractions of the simulations, rounded, at least one each. Raises ValueError if
    nothing would be left to train on.
    """
    groups = images["group"].unique()
    validation_count, test_count = (max(1, round(fraction * len(groups))) for fraction in (validation, test))
    if validation_count + test_count >= len(groups):
        raise ValueError(
            f"A split of {len(groups)} simulations into {validation_count} for validation and {test_count} for the test"
            " leaves none to train on; select at least three, or lower the fractions."
        )
    shuffled = np.random.default_rng(seed).permutation(groups)
    split = dict.fromkeys(shuffled, "train")
    split |= dict.fromkeys(shuffled[:test_count], "test")
    split |= dict.fromkeys(shuffled[test_count : test_count + validation_count], "validation")
    return images.assign(split=images["group"].map(split))
