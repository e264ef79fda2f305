"""The scores of the baselines, by the same metrics as those of the networks."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.metrics import score_predictions
from deepgalaxy.evaluation.predictions import Predictions


def with_truth(probabilities: np.ndarray, split: pd.DataFrame, row: np.ndarray) -> Predictions:
    """Return probabilities of all classes, (n, classes), as predictions of the images in the rows ``row`` (n,) of the
    split table."""
    return Predictions(probabilities, split["label"].to_numpy()[row], split["target_myr"].to_numpy()[row], row)


def score_baselines(
    baselines: Iterable[Baseline], classes: pd.DataFrame, split: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Return a row for each baseline, with the metrics of ``score_predictions``.

    - ``baseline``, ``setting``: the simple model, and how it was set up.
    """
    return pd.DataFrame(
        {"baseline": baseline.name, "setting": baseline.setting}
        | score_predictions(baseline.test, baseline.validation, classes, split, seed)
        for baseline in baselines
    )
