"""The search for training images like observed ones, by the vector of an encoder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress
from deepgalaxy.observed.preparing import Frame, as_observed
from deepgalaxy.observed.similar import search_observed
from deepgalaxy.sample.prepared_file import batches_of

if TYPE_CHECKING:
    import keras

MOST_SEARCHED = 20_000
"""Training images that are searched: the first ones, which are a random sample."""
KEPT = 200
"""Images that are kept to be drawn."""


def write_images(images: np.ndarray, output: str | Path) -> None:
    """Write the first KEPT images (n, pixels, pixels, 1) to a file of their own, to be drawn."""
    with whole_hdf5(output) as file:
        file["images"] = images[:KEPT]


def search_similar(
    variational: "keras.Model",
    train: str | Path,
    split: pd.DataFrame,
    frame: Frame,
    rows: Sequence[dict],
    images: np.ndarray,
    batch_size: int,
) -> pd.DataFrame:
    """Return the table of ``search_observed`` of observations, by their ``rows`` and the images (n, pixels, pixels, 1)
    of the used ones.

    They are compared by the vector with the first MOST_SEARCHED images of the prepared file ``train``, as these would
    be if they had been observed (``as_observed``).
    """

    def place(views: np.ndarray) -> np.ndarray:
        return variational.predict_on_batch(views)["mean"]

    with h5py.File(train) as file:
        count = min(len(file["row"]), MOST_SEARCHED)
        gallery = split.assign(row=np.arange(len(split))).iloc[file["row"][:count]].reset_index(drop=True)
        batches = batches_of(file["images"], count, batch_size)
        batches = progress(batches, count, "training images", amount=lambda batch: len(batch))
        points = np.concatenate([place(as_observed(batch, frame)) for batch in batches])
    return search_observed(rows, images, place, points, gallery, batch_size)
