"""The training images that are most like some observations, by the features in a dater."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepgalaxy.dater.dater import Dater, Eye
from deepgalaxy.network_memory import batch_size
from deepgalaxy.observed.batches import prepare_observations
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.similar import search_observed
from deepgalaxy.tensorflow_setup import configure_tensorflow


def similar_to_targets(
    dater: Dater, observations: Sequence[Observation], largest_megapixels: float, processes: int, budget_mib: int
) -> pd.DataFrame:
    """Return the table of ``tabulate_similar`` of some observations, by the features of a dater's network, which are
    standardised over its training images; the arguments are those of ``date_observations``.

    A classifier's features find mergers at the same time along other lines of sight better than an autoencoder's vector
    does (docs/encoder.md), and a dater has them of its training images.
    """
    prepared = prepare_observations(observations, dater.frame, largest_megapixels, processes, len(observations))
    configure_tensorflow(processes)
    eye = Eye(dater.network(), 1)

    def place(views: np.ndarray) -> np.ndarray:
        return dater.features.standardised(eye.look(views).features)

    points = dater.features.standardised(dater.features.features)
    return search_observed(*next(prepared), place, points, dater.training, batch_size(dater.memory, budget_mib))
