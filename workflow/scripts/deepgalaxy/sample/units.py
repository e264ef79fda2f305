"""Which groups and cameras of a dataset a sample takes, by their names alone."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from deepgalaxy.dataset.cameras import camera_numbers
from deepgalaxy.dataset.layout import group_order, is_isolated, parse_group_name


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


def select_units(usable: Mapping[str, list[int]], cameras: int | list[int], **groups: Any) -> dict[str, list[int]]:
    """Return the cameras to take of each group that is selected, none of a group of which all are damaged.

    ``usable`` has the cameras of each group of the dataset that are not damaged; ``cameras`` is as in
    ``camera_numbers``, ``groups`` are the arguments of ``select_groups``. Raises ValueError if nothing is selected, or
    nothing but damaged units.
    """
    names, numbers = select_groups(usable, **groups), camera_numbers(cameras)
    chosen = {name: [camera for camera in numbers if camera in usable[name]] for name in names}
    if not any(chosen.values()):
        raise ValueError(f"All that is selected of {', '.join(names)} is damaged; select other groups or cameras.")
    return chosen


def require_classes(groups: Iterable[str], task: str) -> None:
    """Raise ValueError if groups by their names can have no class of a task: isolated galaxies where all classes have a
    time of a merger, and for stages, if there is no merger."""
    groups = list(groups)
    isolated = list(filter(is_isolated, groups))
    if task != "stage_bins" and isolated:
        what = "is no merger and has" if len(isolated) == 1 else "are no mergers and have"
        raise ValueError(
            f"{', '.join(isolated)} {what} no class of the task {task}; leave isolated galaxies out of `selection:"
            " groups`, or set `task: stage_bins`."
        )
    if task == "stage_bins" and len(isolated) == len(groups):
        raise ValueError(
            f"{', '.join(isolated)} and no merger are selected, and stage_bins counts from the first pericentre of"
            " mergers; add some to `selection: groups`, such as `s_*`."
        )
