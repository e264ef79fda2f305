"""Whether a network tells mergers from isolated galaxies."""

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.predictions import Predictions


def tabulate_isolated(predictions: Predictions, split: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return how many test images of isolated galaxies are called mergers, and the reverse.

    An image is called what the most probable class is of, whatever its time. The table has a row for each of both
    kinds: ``true`` and ``called``, ``images`` and ``simulations`` that are ``true``, ``called_so``, how many of the
    images are called so, and their ``share`` with the limits ``share_low`` and ``share_high`` of its 95 % interval
    (``resampled_interval`` over the simulations, drawn from ``seed``; empty for fewer than two, and where all agree). A
    kind that is not tested has no share.
    """
    group, isolated = (split[column].to_numpy() for column in ("group", "isolated"))
    classes_of_isolated = np.unique(split.loc[isolated, "label"])
    called_isolated = np.isin(predictions.predicted, classes_of_isolated)
    tested, truly_isolated = group[predictions.row], isolated[predictions.row]
    rows = []
    for true, called, of_kind in (
        ("isolated galaxy", "merger", truly_isolated),
        ("merger", "isolated galaxy", ~truly_isolated),
    ):
        wrong = (called_isolated != truly_isolated)[of_kind].astype(float)
        limits = resampled_interval(np.mean, wrong, tested[of_kind], seed) if of_kind.any() else (None, None)
        rows.append(
            {
                "true": true,
                "called": called,
                "images": len(wrong),
                "simulations": len(set(tested[of_kind])),
                "called_so": int(wrong.sum()),
                "share": wrong.mean() if len(wrong) else None,
                "share_low": limits[0],
                "share_high": limits[1],
            }
        )
    return pd.DataFrame(rows)
