"""How well a network predicts each property, beside all that it has to beat."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.discrimination import area_interval, area_under_curve
from deepgalaxy.properties.guesses import MARGINAL, Guess
from deepgalaxy.properties.scores import (
    MIDDLE,
    crps,
    error_of,
    level_of,
    squared_error,
    typical,
)
from deepgalaxy.targets import BINARY, HISTOGRAM, Target

COLUMNS = [
    *("property", "model", "setting", "images", "simulations", "known", "unit", "median_abs_error", "crps"),
    *(*MIDDLE, "r2", "brier", "log_loss", "auc", "auc_low", "auc_high"),
    *("strongest", "gain", "gain_low", "gain_high", "note"),
]
NOT_KNOWN = "not known in this dataset"
NOT_LEARNT = "the same in all training images"
NOT_TESTED = "not known of any test image"


def tabulate_properties(
    guesses: Mapping[str, Sequence[Guess]], targets: Sequence[Target], split: pd.DataFrame, seed: int
) -> pd.DataFrame:
    """Return a row for each ``property`` and each ``model`` that predicts it: the network first, then the others.

    ``guesses`` has by the name of each target what they predict, the network first. A property that is not learnt has a
    single row. Intervals are those of ``resampled_interval``, drawn from ``seed``.

    - ``property``, ``model``: what is predicted, and by what.
    - ``unit``: of the property.
    - ``images``, ``known``, ``simulations``: how many test images there are; of how many the property is known, which
      are the ones that are scored; and how many simulations these show.
    - ``median_abs_error``: median absolute error of the median of the predicted distribution; of an axis, the median
      angle between it and the true one, from 0 to 90 degrees (60 for axes at random).
    - ``crps``: continuous ranked probability score, in the unit of the property; only of predicted distributions.
    - ``coverage_68``: share of true values in the middle 68 % of the predicted distributions; only of these.
    - ``brier``, ``log_loss``: Brier score and logarithmic loss (nats) of what is true or false.
    - ``auc``: area under the curve of true against false positives, of what is true or false; with a 95 % interval.
    - ``r2``: one less the squared error over that of always giving what is most typical in training.
    - ``strongest``: the simple model of the lowest error on the validation images.
    - ``gain``: by how much the network's error on the test images is lower than that model's, on the same resampled
      simulations; with a 95 % interval.
    - ``note``: why there is nothing to score.
    """
    rows = [row for target in targets for row in _rows_of(guesses.get(target.name, ()), target, split, seed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows_of(guesses: Sequence[Guess], target: Target, split: pd.DataFrame, seed: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of one property."""
    about: dict[str, Any] = {"property": target.name, "unit": target.unit}
    test = split[split["split"] == "test"]
    known = int(test[target.columns].notna().all(axis=1).sum())
    if not target.learnt:
        note = NOT_LEARNT if target.known else NOT_KNOWN
        yield about | {"model": "network", "images": len(test), "known": known, "note": note}
        return
    network, *others = guesses
    strongest = min(others, key=lambda guess: typical(errors_of(guess, "validation", target, split), target))
    marginal = next(guess for guess in others if guess.name == MARGINAL)
    constant = _known(marginal, "test", target, split)
    variance = float(squared_error(*constant[:2], target).mean()) if known else np.nan
    for guess in guesses:
        row = about | {"model": guess.name, "setting": guess.setting, "images": len(test), "known": known}
        if not known:
            yield row | {"note": NOT_TESTED}
            continue
        predicted, true, group = _known(guess, "test", target, split)
        row |= {"simulations": len(np.unique(group))} | _scores(predicted, true, group, target, seed)
        row["r2"] = 1 - float(squared_error(predicted, true, target).mean()) / variance if variance else None
        if guess is network:
            row |= {"strongest": strongest.name} | _gain(network, strongest, target, split, seed)
        yield row


def _known(guess: Guess, part: str, target: Target, split: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of the images of a part of which a property is known what is predicted (n, bins), what is true
    (n, columns), and the simulation (n,)."""
    true = split[target.columns].to_numpy(float)[guess.rows[part]]
    known = ~np.isnan(true).any(axis=1)
    return guess.predicted[part][known].astype(float), true[known], split["group"].to_numpy()[guess.rows[part]][known]


def errors_of(guess: Guess, part: str, target: Target, split: pd.DataFrame) -> np.ndarray:
    """Return the errors (``error_of``), (n,), of the images of a part of which the property is known."""
    return error_of(*_known(guess, part, target, split)[:2], target)


def _scores(
    predicted: np.ndarray, true: np.ndarray, group: np.ndarray, target: Target, seed: int
) -> dict[str, float | None]:
    """Return the scores of one model, without those that compare it with others."""
    if target.kind == BINARY:
        happened = true[:, 0]
        given = np.where(happened == 1, predicted[:, 1], predicted[:, 0])
        low, high = area_interval(predicted[:, 1], happened, group, seed)
        return {
            "brier": typical(error_of(predicted, true, target), target),
            "log_loss": float(-np.log(np.maximum(given, 1e-7)).mean()),
            "auc": area_under_curve(predicted[:, 1], happened),
            "auc_low": low,
            "auc_high": high,
        }
    scores: dict[str, float | None] = {"median_abs_error": typical(error_of(predicted, true, target), target)}
    if target.kind == HISTOGRAM:
        distance = np.abs(2 * level_of(predicted, target.edges, true[:, 0]) - 1)
        scores["crps"] = float(crps(predicted, target.edges, true[:, 0]).mean())
        scores |= {name: float((distance <= share).mean()) for name, share in MIDDLE.items()}
    return scores


def _gain(network: Guess, other: Guess, target: Target, split: pd.DataFrame, seed: int) -> dict[str, float | None]:
    """Return by how much the network's error on the test images is lower, with its interval.

    Raises ValueError if the two did not predict the same images.
    """
    if not np.array_equal(network.rows["test"], other.rows["test"]):
        raise ValueError(
            f"The network and {other.name} have predicted {target.name} of different test images; make the predictions"
            " of both again from the same split."
        )
    _, _, group = _known(network, "test", target, split)
    errors = np.stack([errors_of(guess, "test", target, split) for guess in (other, network)], axis=1)

    def gain(some: np.ndarray) -> float:
        return typical(some[:, 0], target) - typical(some[:, 1], target)

    low, high = resampled_interval(gain, errors, group, seed)
    return {"gain": gain(errors), "gain_low": low, "gain_high": high}
