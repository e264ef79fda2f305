"""Dating observations, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from deepgalaxy.dater.dater import Dater, Eye, Response
from deepgalaxy.dater.properties import property_columns
from deepgalaxy.logs import logger
from deepgalaxy.network_memory import batch_size
from deepgalaxy.observed.batches import prepare_observations
from deepgalaxy.observed.novelty import Neighbours
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.table import is_warned, tabulate_observed
from deepgalaxy.tensorflow_setup import configure_tensorflow

COLUMNS = (
    *("id", "file", "sha256", "width", "height", "linear"),
    *("field", "kpc_per_pixel", "share_in_image", "used", "reason"),
)
"""What is known of an observation before it is dated, in the order of the table."""
KEPT = 200
"""Images, and their features, that are kept to be drawn."""
SHOWN_WARNINGS = 20


@dataclass(frozen=True)
class Dated:
    """What came of some observations: a ``table`` with a row for each, and the probability of each interval of time,
    ``times``; and of the first KEPT used ones the ``images`` (n, pixels, pixels, 1) and the ``features`` (n, m)."""

    table: pd.DataFrame
    times: pd.DataFrame
    images: np.ndarray
    features: np.ndarray


@dataclass
class _Found:
    """What has been found so far, batch by batch."""

    rows: list[dict] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    neighbours: list[Neighbours] = field(default_factory=list)
    lone: list[np.ndarray | None] = field(default_factory=list)
    images: list[np.ndarray] = field(default_factory=list)
    features: list[np.ndarray] = field(default_factory=list)
    kept: int = 0

    def keep(self, images: np.ndarray, features: np.ndarray) -> None:
        """Keep images and features, as long as these are not KEPT."""
        more = max(0, KEPT - self.kept)
        self.kept += len(images[:more])
        self.images.append(images[:more])
        self.features.append(features[:more])


def date_observations(
    dater: Dater,
    observations: Sequence[Observation],
    largest_megapixels: float,
    processes: int,
    budget_mib: int,
) -> Dated:
    """Date some observations by a dater.

    Files are read by ``processes``; TensorFlow, which uses as many threads, is configured here, and batches of images
    stay within ``budget_mib`` MiB of memory. Images of more than ``largest_megapixels`` million pixels are not decoded.
    An observation that cannot be used is a row with its reason, and a line in the log.
    """
    size = batch_size(dater.memory, budget_mib)
    batches = prepare_observations(observations, dater.frame, largest_megapixels, processes, size)
    configure_tensorflow(processes)
    eye = Eye(dater.network(), dater.turns)
    found = _Found()
    for rows, images in batches:
        response = eye.look(images)
        found.rows += rows
        # Of the features, only some are kept.
        found.responses.append(replace(response, features=response.features[:0]))
        found.neighbours.append(dater.features.find(response.features))
        found.lone.append(dater.lone_probability(response.features))
        found.keep(images, response.features)
    return _tabulate(dater, found)


def _tabulate(dater: Dater, found: _Found) -> Dated:
    """Return what was found of all observations."""
    response = Response.joined(found.responses)
    files = pd.DataFrame(found.rows).reindex(columns=list(COLUMNS))
    neighbours = Neighbours(
        *(np.concatenate([getattr(part, name) for part in found.neighbours]) for name in vars(found.neighbours[0]))
    )
    table, times = tabulate_observed(
        files,
        response.probabilities,
        neighbours,
        np.concatenate([part for part in found.lone if part is not None]) if dater.lone else None,
        dater.training,
        dater.classes,
        dater.temperature,
        dater.levels,
        dater.limits,
    )
    properties = property_columns(dater.targets, response.properties, dater.property_levels)
    if properties:
        names = {"id": files.loc[files["used"].to_numpy(bool), "id"].to_numpy()}
        table = table.merge(pd.DataFrame(names | properties).convert_dtypes(), on="id", how="left")
    warned = table[is_warned(table)]
    for row in warned.head(SHOWN_WARNINGS).itertuples():
        logger.warning("%s: %s", row.id, row.warning)
    if len(warned) > SHOWN_WARNINGS:
        logger.warning("%d more have a warning, which the table holds.", len(warned) - SHOWN_WARNINGS)
    return Dated(table, times, np.concatenate(found.images), np.concatenate(found.features))
