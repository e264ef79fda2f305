"""Whether a network tells mergers from isolated galaxies."""

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.predictions import Predictions


def tabulate_isolated(predictions: Predictions, split: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return how many test images of isolated galaxies are called mergers, and the reverse.

    An image is called what the most probable class is of, whatever its time. The table has a row for each of both
    kinds; one that is not tested has no share. The interval is that of ``resampled_interval`` over the simulations,
    drawn from ``seed``; empty for fewer than two, and where all agree.

    - ``true``, ``called``: what the images show, and what they are taken for.
    - ``images``, ``simulations``: how many show it.
    - ``called_so``: how many of these images are taken for the other kind.
    - ``share``: their share, with a 95 % interval.
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
