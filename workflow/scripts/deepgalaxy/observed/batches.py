"""Observations on their way to a network: files are read by several processes, while it looks at those read before."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice

import numpy as np

from deepgalaxy.logs import logger, progress
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.preparing import Frame, prepare_observation
from deepgalaxy.parallel import in_processes


def prepare_observations(
    observations: Sequence[Observation], frame: Frame, largest_megapixels: float, processes: int, size: int
) -> Iterator[tuple[list[dict], np.ndarray]]:
    """Return an iterator over what ``prepare_observation`` says of some observations, up to ``size`` at a time, and the
    images of the used ones among them, (n, pixels, pixels, 1) in the type of the ``frame``. One that cannot be used is
    a line in the log.

    The processes that read are begun here, before TensorFlow is, whose threads would be missing in them.
    """
    task = partial(prepare_observation, frame=frame, largest_megapixels=largest_megapixels)
    prepared = in_processes(task, observations, min(processes, max(1, len(observations))))
    prepared = chain(list(islice(prepared, 1)), prepared)
    return _in_batches(progress(prepared, len(observations), "images"), size, frame)


def _in_batches(
    prepared: Iterator[tuple[dict, np.ndarray | None]], size: int, frame: Frame
) -> Iterator[tuple[list[dict], np.ndarray]]:
    """Yield the rows of observations with the images of the used ones among them, up to ``size``."""
    while batch := list(islice(prepared, size)):
        for row, _ in batch:
            if not row["used"]:
                logger.warning("%s is not used. %s", row["id"], row["reason"])
        images = [image for _, image in batch if image is not None]
        yield [row for row, _ in batch], np.array(images, frame.dtype).reshape(-1, frame.pixels, frame.pixels, 1)
