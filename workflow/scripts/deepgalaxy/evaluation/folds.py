"""The folds of a sample as one: each simulation is tested once."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.folds import ALL_FOLDS, ENSEMBLE


def join_splits(splits: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the split tables of all folds, in their order, as one, with a column ``fold``, from 1.

    An image has a row in it for each fold.
    """
    return pd.concat([split.assign(fold=fold) for fold, split in enumerate(splits, start=1)], ignore_index=True)


def join_predictions(predictions: Sequence[Predictions], split: pd.DataFrame) -> Predictions:
    """Return the predictions of all folds, in their order, as one; their rows are then those of ``split``, joined
    by ``join_splits``."""
    counts = split.groupby("fold").size().to_numpy()
    first = np.cumsum(counts) - counts
    return Predictions(
        np.concatenate([fold.probabilities for fold in predictions]),
        np.concatenate([fold.label for fold in predictions]),
        np.concatenate([fold.target_myr for fold in predictions]),
        np.concatenate([fold.row + start for fold, start in zip(predictions, first, strict=True)]),
    )


def join_baselines(baselines: Sequence[Sequence[Baseline]], split: pd.DataFrame) -> list[Baseline]:
    """Return what the baselines of all folds, in their order, predict as one, with rows as in ``join_predictions``.

    The setting of a baseline is chosen in each fold; it names those that were. A baseline that some fold does not have
    is left out.
    """
    by_name = [{baseline.name: baseline for baseline in of_fold} for of_fold in baselines]
    in_all = [[of_fold[name] for of_fold in by_name] for name in by_name[0] if all(name in of for of in by_name)]
    return [
        Baseline(
            folds[0].name,
            " or ".join(dict.fromkeys(fold.setting for fold in folds)),
            join_predictions([fold.validation for fold in folds], split),
            join_predictions([fold.test for fold in folds], split),
        )
        for folds in in_all
    ]


def whole_samples(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table with a column ``fold`` that are of samples without folds, or of all folds together,
    and of single repeats rather than of an ensemble."""
    return metrics[(metrics["fold"].isna() | (metrics["fold"] == ALL_FOLDS)) & (metrics["repeat"] != ENSEMBLE)]
