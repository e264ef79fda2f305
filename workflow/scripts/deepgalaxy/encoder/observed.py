"""The search for training images like observed ones, by the vector of an encoder."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.encoder.search import DESCRIBED, distance_of_turns, tabulate_similar
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger, progress
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.preparing import Frame, as_observed, prepare_observation
from deepgalaxy.parallel import in_processes
from deepgalaxy.sample.prepared_file import batches_of

if TYPE_CHECKING:
    import keras

MOST_SEARCHED = 20_000
"""Training images that are searched: the first ones, which are a random sample."""
KEPT = 200
"""Images that are kept to be drawn."""
KNOWN = ["id", "file", "field", "used", "reason"]
"""What the table says of each observed image before the similar ones."""


def prepare_observations(
    observations: Sequence[Observation], frame: Frame, largest_megapixels: float, processes: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a row for each target, with the columns KNOWN, and the images (n, pixels, pixels, 1) of the used ones, in
    the type of the ``frame``. Processes are forked, which is for before TensorFlow is imported."""
    task = partial(prepare_observation, frame=frame, largest_megapixels=largest_megapixels)
    prepared = in_processes(task, observations, min(processes, max(1, len(observations))))
    rows, images = [], []
    for row, image in progress(prepared, len(observations), "images"):
        if not row["used"]:
            logger.warning("%s is not used. %s", row["id"], row["reason"])
        rows.append(row)
        images += [] if image is None else [image]
    stored = np.array(images, frame.dtype).reshape(-1, frame.pixels, frame.pixels, 1)
    return pd.DataFrame(rows).reindex(columns=KNOWN), stored


def write_images(images: np.ndarray, output: str | Path) -> None:
    """Write the first KEPT images (n, pixels, pixels, 1) to a file of their own, to be drawn."""
    with whole_hdf5(output) as file:
        file["images"] = images[:KEPT]


def in_parts(apply: Callable[[np.ndarray], np.ndarray], images: np.ndarray, size: int) -> np.ndarray:
    """Return what ``apply`` gives for images (n, …), n > 0, of which it gets ``size`` at a time."""
    return np.concatenate([apply(images[start : start + size]) for start in range(0, len(images), size)])


def search_similar(
    variational: "keras.Model",
    train: str | Path,
    split: pd.DataFrame,
    frame: Frame,
    about: pd.DataFrame,
    images: np.ndarray,
    batch_size: int,
) -> pd.DataFrame:
    """Return the table of ``tabulate_similar`` of observed ``images`` (n, pixels, pixels, 1), those of the rows of the
    table ``about`` that are used; other rows have no similar images.

    They are compared by the vector with the first MOST_SEARCHED images of the prepared file ``train``, as these would
    be if they had been observed (``as_observed``).
    """

    def place(views: np.ndarray) -> np.ndarray:
        return in_parts(lambda part: variational.predict_on_batch(part)["mean"], views, batch_size)

    with h5py.File(train) as file:
        count = min(len(file["row"]), MOST_SEARCHED)
        gallery = split.assign(row=np.arange(len(split))).iloc[file["row"][:count]].reset_index(drop=True)
        points = np.concatenate(
            [
                place(as_observed(batch, frame))
                for batch in progress(
                    batches_of(file["images"], count, batch_size),
                    count,
                    "training images",
                    amount=lambda batch: len(batch),
                )
            ]
        )
    used = about["used"].to_numpy(bool)
    found = tabulate_similar(about[used], distance_of_turns(images, place, points), gallery[list(DESCRIBED)])
    return pd.concat([found, about[~used]]).sort_index()
