"""Test images that show what a network can and cannot do."""

import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.evaluation.predictions import Predictions

KINDS = ("best", "worst", "confident and wrong")
EXAMPLES_OF_A_KIND = 6


def choose_examples(
    predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame, count: int = EXAMPLES_OF_A_KIND
) -> pd.DataFrame:
    """Return ``count`` test images of each kind, fewer if there are no more.

    The best have the smallest and the worst the largest difference between the expected and the true time, among those
    that have one; the confident and wrong ones the largest probability of a class that is not the true one.
    Neighbouring snapshots and opposite cameras show much the same, so each line of sight to a simulation is shown once
    for each kind.

    Columns: ``kind``; ``place`` among the predictions; ``row`` in the split table; ``predicted``, the most probable
    class, and its ``probability``; ``target_myr`` and ``expected_myr``, the true time, NaN if there is none, and the
    expected one.
    """
    images = pd.DataFrame(
        {
            "place": np.arange(len(predictions.label)),
            "row": predictions.row,
            "predicted": predictions.predicted,
            "probability": predictions.confidence,
            "target_myr": predictions.target_myr,
            "expected_myr": predictions.expected_myr(classes),
        }
    )
    error_myr = pd.Series(predictions.error_myr(classes)).dropna()
    orders = (
        error_myr.sort_values(kind="stable"),
        error_myr.sort_values(ascending=False, kind="stable"),
        images["probability"][~predictions.right].sort_values(ascending=False, kind="stable"),
    )
    views = split.loc[images["row"], ["group", "camera"]].set_axis(images.index).replace({"camera": LINE_OF_SIGHT})
    chosen = [
        images.loc[views.loc[order.index].drop_duplicates().index[:count]].assign(kind=kind)
        for kind, order in zip(KINDS, orders)
    ]
    return pd.concat(chosen, ignore_index=True)
