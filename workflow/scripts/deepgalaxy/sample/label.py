"""Class labels, in order of time."""

import numpy as np
import pandas as pd


def label_images(images: pd.DataFrame, task: str, bins: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ``images`` with an integer column ``label`` in order of time, and the table of the classes.

    Tasks: ``time`` has one class for each distinct time, ``time_camera`` one for each time and camera (upstream's
    distributed label), ``time_bins`` divides the time from first to last into ``bins`` equal parts. The class table has
    the columns label, t_from_myr, t_to_myr, t_centre_myr, and camera for ``time_camera``.

    Raises ValueError for an unknown task, for ``time_bins`` without ``bins``, or when a bin would be empty.
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
        if bins is None:
            raise ValueError("The class task time_bins needs `bins`, the number of its classes.")
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
