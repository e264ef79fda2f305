"""The training images that are most like some observations, by the features in a dater."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from deepgalaxy.dater.dater import Dater, Eye
from deepgalaxy.encoder.observed import in_parts, prepare_observations
from deepgalaxy.encoder.search import distance_of_turns, tabulate_similar
from deepgalaxy.network_memory import batch_size
from deepgalaxy.observed.observation import Observation
from deepgalaxy.tensorflow_setup import configure_tensorflow


def similar_to_targets(
    dater: Dater, observations: Sequence[Observation], largest_megapixels: float, processes: int, budget_mib: int
) -> pd.DataFrame:
    """Return the table of ``tabulate_similar`` of some observations, by the features of a dater's network, which are
    standardised over its training images; the arguments are those of ``date_observations``.

    A classifier's features find mergers at the same time along other lines of sight better than an autoencoder's vector
    does (docs/encoder.md), and a dater has them of its training images.
    """
    about, images = prepare_observations(observations, dater.frame, largest_megapixels, processes)
    configure_tensorflow(processes)
    eye = Eye(dater.network(), 1)
    place = partial(in_parts, lambda part: eye.look(part).features, size=batch_size(dater.memory, budget_mib))

    def standardised(views: np.ndarray) -> np.ndarray:
        return dater.features.standardised(place(views))

    gallery = dater.features.standardised(dater.features.features)
    used = about["used"].to_numpy(bool)
    found = tabulate_similar(about[used], distance_of_turns(images, standardised, gallery), dater.training)
    return pd.concat([found, about[~used]]).sort_index()
