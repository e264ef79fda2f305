"""Class labels, in order of time, and what time they count."""

from itertools import pairwise

import numpy as np
import pandas as pd

from deepgalaxy.logs import logger
from deepgalaxy.sample.time_parts import PARTS, place_among_parts
from deepgalaxy.sample.units import require_classes

START, FIRST_PERICENTRE = "start of the simulation", "first pericentre"
"""What the time of a class counts from."""
AFTER_COALESCENCE, NO_MERGER = "after coalescence", "no merger"
"""The classes that have no time."""
TASKS = ("time", "time_camera", "time_bins", "stage_bins")
OUTSIDE = -1
"""In place of the label of an image without a class."""


def label_images(
    images: pd.DataFrame,
    task: str,
    bins: int | None = None,
    from_myr: float | None = None,
    to_myr: float | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the images that have a class, with their ``label`` and their time, and the table of the classes.

    ``images`` is the table of ``list_images``. Those that have a class get an integer column ``label`` in order of
    time, and ``target_myr``, the time in Myr that the classes count, NaN where the class has none. Tasks: ``time`` has
    one class for each distinct time, ``time_camera`` one for each time and camera (upstream's distributed label),
    ``time_bins`` divides the time from first to last into ``bins`` equal parts; all of these count from the start of
    the simulation. ``stage_bins`` divides the time from ``from_myr`` to ``to_myr``, counted from the first pericentre
    of an image's own merger, into ``bins`` equal parts. Images at or after coalescence then are a further class,
    whatever their time, and those of isolated galaxies the last one; there is no class without images. Images of a
    merger without a pericentre, before ``from_myr``, or after ``to_myr`` and before coalescence are left out, and the
    log says how many.

    The class table has the columns label; name; t_from_myr, t_to_myr and t_centre_myr, the mean of the times that
    images of the class have, all NaN for a class without a time; counts_from, START or FIRST_PERICENTRE; ordered,
    whether the class has a place of its own in the order of time; and camera for ``time_camera``.

    Raises ValueError for an unknown task, a setting of the task that is missing, a part that would be empty, isolated
    galaxies where all classes have a time, stages without mergers or of mergers that record no pericentre, or images of
    a single class.
    """
    if task not in TASKS:
        raise ValueError(f"There is no class task {task!r}; choose {', '.join(TASKS[:-1])} or {TASKS[-1]}.")
    require_classes(images["group"].unique(), task)
    if task == "stage_bins":
        if bins is None or from_myr is None or to_myr is None or from_myr >= to_myr:
            raise ValueError("The class task stage_bins needs `from_myr`, a later `to_myr`, and the number of `bins`.")
        return _label_stages(images, from_myr, to_myr, bins)
    if task == "time_bins":
        if bins is None:
            raise ValueError("The class task time_bins needs `bins`, the number of its classes.")
        times = images["t_myr"]
        first, last = float(times.min()), float(times.max())
        if times.nunique() < bins or len(np.unique(label := _bin_index(times, first, last, bins))) < bins:
            raise ValueError(f"{bins} time bins over {times.nunique()} distinct times leave some empty; lower `bins`.")
        classes = _bin_classes(times, label, first, last, bins, START)
    else:
        label, classes = _label_times(images, by_camera=task == "time_camera")
        if len(classes) == 1:
            raise ValueError(
                f"All selected images have the class {classes['name'][0]!r}, so that there is nothing to tell apart;"
                " select more times."
            )
    classes.insert(0, "label", np.arange(len(classes)))
    return images.assign(label=label, target_myr=images["t_myr"].astype(float)), classes


def _label_times(images: pd.DataFrame, by_camera: bool) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the labels, int64 (n,), and the classes of the tasks ``time`` and ``time_camera``."""
    times = images["t_myr"].to_numpy(float)
    # Times that only their rounding tells apart are one.
    distinct = np.unique(times)
    begins = np.diff(distinct, prepend=-np.inf) > np.finfo(np.float32).eps * np.abs(distinct).max()
    times, label = distinct[begins], np.searchsorted(distinct[begins], times, side="right") - 1
    classes = pd.DataFrame(
        {
            "name": [f"{time:g} Myr" for time in times],
            "t_from_myr": times,
            "t_to_myr": times,
            "t_centre_myr": times,
            "counts_from": START,
            "ordered": not by_camera,
        }
    )
    if by_camera:
        cameras = np.unique(images["camera"])
        label = label * len(cameras) + np.searchsorted(cameras, images["camera"])
        classes = classes.merge(pd.DataFrame({"camera": cameras}), how="cross")
        classes["name"] += [f", camera {camera:02d}" for camera in classes["camera"]]
    return label, classes


def _label_stages(images: pd.DataFrame, from_myr: float, to_myr: float, bins: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what ``label_images`` does for stages, in Myr from the first pericentre."""
    if images.loc[~images["isolated"], "first_pericentre_myr"].isna().all():
        raise ValueError(
            "No merger of this sample has a recorded pericentre, from which stage_bins counts (published datasets have"
            " none); set `task: time_bins`, or select simulated mergers that reach their pericentre."
        )
    time = images["t_myr"] - images["first_pericentre_myr"]
    coalesced = (images["t_myr"] >= images["coalescence_myr"]).to_numpy()
    isolated = images["isolated"].to_numpy()
    label = _bin_index(time, from_myr, to_myr, bins)
    label[coalesced | isolated] = OUTSIDE
    within = label != OUTSIDE
    kept = within | coalesced | isolated
    classes = _bin_classes(time, label, from_myr, to_myr, bins, FIRST_PERICENTRE)
    if classes["t_centre_myr"].isna().any():
        name = classes.loc[classes["t_centre_myr"].isna(), "name"].iloc[0]
        raise ValueError(f"No image lies in the class {name!r}; lower `bins`, or narrow `from_myr` to `to_myr`.")
    for name, chosen in ((AFTER_COALESCENCE, coalesced), (NO_MERGER, isolated)):
        if chosen.any():
            label[chosen] = len(classes)
            untimed = {"name": name, "counts_from": FIRST_PERICENTRE, "ordered": name != NO_MERGER}
            classes = pd.concat([classes, pd.DataFrame([untimed])], ignore_index=True)
    _log_left_out(time[~kept], from_myr, to_myr)
    classes.insert(0, "label", np.arange(len(classes)))
    labelled = images.assign(label=label, target_myr=time.where(within))
    return labelled[kept].reset_index(drop=True), classes


def _log_left_out(time: pd.Series, from_myr: float, to_myr: float) -> None:
    """Say how many images are left out and why; ``time`` is that of each in Myr from the first pericentre, or NaN."""
    if len(time):
        logger.info(
            "%d images have no class and are left out: %d before %g Myr, %d after %g Myr and before coalescence, %d of"
            " mergers without a pericentre",
            *(len(time), (time < from_myr).sum(), from_myr, (time > to_myr).sum(), to_myr, time.isna().sum()),
        )


def _bin_index(times: pd.Series, first: float, last: float, bins: int) -> np.ndarray:
    """Return the bin of each time, int64 (n,), or OUTSIDE; the last one includes its end."""
    place = place_among_parts(times, first, (last - first) / bins)
    within = (place >= 0) & (place <= bins * PARTS)
    return np.where(within, np.minimum(place // PARTS, bins - 1), OUTSIDE).astype(int)


def _bin_classes(
    times: pd.Series, label: np.ndarray, first: float, last: float, bins: int, counts_from: str
) -> pd.DataFrame:
    """Return the classes that are ``bins`` of the time from ``first`` to ``last`` in Myr, without their labels; a class
    that no image has, by its ``label`` (n,), has no centre."""
    edges = np.linspace(first, last, bins + 1)
    distinct = pd.DataFrame({"bin": label, "time": times}).drop_duplicates()
    return pd.DataFrame(
        {
            "name": [f"{start:.4g} to {end:.4g} Myr" for start, end in pairwise(edges)],
            "t_from_myr": edges[:-1],
            "t_to_myr": edges[1:],
            "t_centre_myr": distinct.groupby("bin")["time"].mean().reindex(range(bins)),
            "counts_from": counts_from,
            "ordered": True,
        }
    )
