"""Predictions averaged over turned and mirrored views of the same image.

A telescope's image may be turned by any angle. Quarter turns and mirror images are exact; finer turns would have to
interpolate between pixels.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.views import VIEWS, turned

TURNS = (1, 4, VIEWS)
"""How many views: the image alone, its four quarter turns, or these and their mirror images."""

Outputs = np.ndarray | dict[str, np.ndarray]
"""What a network gives for n images: one array (n, …), or several by name."""


def class_probabilities(outputs: Outputs) -> np.ndarray:
    """Return the class probabilities among what a network gives, which is these or a dictionary with them."""
    return outputs["probabilities"] if isinstance(outputs, dict) else outputs


class TurnedImages:
    """Images (n, pixels, pixels, …) of an open file, or in memory, that are turned as they are read.

    ``view`` is the number of one of the VIEWS, as of ``turned``.
    """

    def __init__(self, images: np.ndarray | h5py.Dataset, view: int) -> None:
        self.images, self.view = images, view
        self.shape, self.dtype = images.shape, images.dtype

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __getitem__(self, chosen: slice | np.ndarray) -> np.ndarray:
        """Return some images, chosen along their first axis."""
        return turned(self.images[chosen], self.view)


def mean_over_turns(
    apply: Callable, images: np.ndarray | h5py.Dataset, turns: int, upright: Outputs | None = None
) -> Outputs:
    """Return the mean of what ``apply`` gives for 1, 4 or 8 views of the same images; ``upright`` is what it gave for
    the images as they are, if that is known.

    ``images`` (n, pixels, pixels, …) are an array or a dataset of an HDF5 file; ``apply`` gets them as they are, or as
    TurnedImages, which can be sliced likewise, and returns an array (n, …) or several by name, as the result is.
    Raises ValueError for another number of views.
    """
    if turns not in TURNS:
        raise ValueError(f"{turns} views of an image cannot be had without interpolation; take 1, 4 or 8.")
    first = apply(images) if upright is None else upright
    if turns == 1:
        return first
    several = isinstance(first, Mapping)
    named: Mapping[str, np.ndarray] = first if isinstance(first, Mapping) else {"": first}
    total = {name: np.asarray(values, float).copy() for name, values in named.items()}
    for view in range(1, turns):
        outputs = apply(TurnedImages(images, view))
        for name in total:
            total[name] += outputs[name] if several else outputs
    mean = {name: (total[name] / turns).astype(np.asarray(values).dtype) for name, values in named.items()}
    return mean if several else mean[""]


def turns_that_keep_classes(turns: int, classes: pd.DataFrame) -> int:
    """Return ``turns``, or 4 in place of 8 where a mirror image would be of another class.

    That is so if opposite cameras, which see each other's mirror image, have classes of their own.
    """
    cameras = set(classes["camera"]) if "camera" in classes else set()
    return min(turns, 4) if any(set(pair) <= cameras for pair in ANTIPODAL_PAIRS) else turns


def is_better(several: Predictions, one: Predictions, classes: pd.DataFrame) -> bool:
    """Return whether predictions of validation images from ``several`` views are better than those from ``one``.

    The median error of time decides; where it is the same, or no image has a time, the cross-entropy does.
    """
    if one.timed.any():
        errors = several.median_error_myr(classes), one.median_error_myr(classes)
        if errors[0] != errors[1]:
            return errors[0] < errors[1]
    return several.cross_entropy() < one.cross_entropy()


def read_turns(path: str | Path) -> int:
    """Return from how many views of each image the predictions in a file of ``predict_images`` are."""
    (turns,) = recorded_turns([path])
    return turns


def recorded_turns(paths: Iterable[str | Path]) -> list[int]:
    """Return what ``read_turns`` does for several files, which may be joined or averaged: the views of each network."""
    turns: list[int] = []
    for path in paths:
        with h5py.File(path) as file:
            turns += np.atleast_1d(file.attrs["turns"]).tolist()
    return turns
