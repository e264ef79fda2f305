"""How many intervals hold the true time, of all images, by phase of the merger and by simulation."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.calibration import share_between
from deepgalaxy.evaluation.conformal import SHARES
from deepgalaxy.evaluation.error_breakdown import phases
from deepgalaxy.evaluation.intervals import conformal_intervals, interval_widths, score_intervals
from deepgalaxy.evaluation.metrics import scale_by_validation
from deepgalaxy.evaluation.predictions import Predictions, time_origin

GROUPINGS = ("all", "phase", "group")
"""What coverage is looked at by."""


def tabulate_intervals(
    predictions: Predictions,
    validation: Predictions,
    classes: pd.DataFrame,
    split: pd.DataFrame,
    pericentres_myr: Mapping[str, np.ndarray],
    seed: int,
) -> pd.DataFrame:
    """Return how many of the test images that have a time are covered: of all, by phase and by simulation.

    The table has the rows of each of GROUPINGS, the worst first. ``pericentres_myr`` are as in ``break_down_errors``;
    besides the columns below, it has those of ``score_intervals`` for SHARES (``conformal_intervals``).

    - ``grouping``: ``all``, ``phase`` (how many pericentric passages have happened) or ``group`` (the simulation).
    - ``value``: which phase or simulation it is.
    - ``images``, ``simulations``: how many there are.
    - ``counts_from``: the event that times count from.
    - ``coverage_68``: share of images whose true time lies in the middle 68 % of the network's own distribution over
      time.
    - ``width_68_myr``: median width of that part.
    - ``scaled_coverage_68``, ``scaled_width_68_myr``: the same after the distribution was scaled by the temperature
      that fits the validation images.
    """
    timed = predictions.timed
    given = predictions.where(timed), scale_by_validation(predictions, validation, split).where(timed)
    intervals = [conformal_intervals(predictions, validation, classes, split, share) for share in SHARES]
    images = split.iloc[given[0].row].reset_index(drop=True)
    images = images.assign(all="all", phase=phases(images, pericentres_myr))
    worst = "conformal_coverage_68" if intervals[0].available else "scaled_coverage_68"
    rows = []
    for grouping in GROUPINGS:
        some = []
        for value, of in images.groupby(grouping, observed=True):
            places, group = of.index.to_numpy(), of["group"].to_numpy()
            some.append(
                {"grouping": grouping, "value": value, "images": len(of), "simulations": of["group"].nunique()}
                | _coverages(*given, classes, places)
                | score_intervals([part.where(places) for part in intervals], group, seed)
            )
        rows += sorted(some, key=lambda row: row[worst])
    return pd.DataFrame(rows).assign(counts_from=time_origin(classes))


def _coverages(
    predictions: Predictions, scaled: Predictions, classes: pd.DataFrame, places: np.ndarray
) -> dict[str, float]:
    """Return the columns of ``tabulate_intervals`` that are not calibrated on simulations, for images at ``places``."""
    columns = {}
    for share in SHARES:
        percent, tail = round(100 * share), (1 - share) / 2
        for kind, given in (("", predictions.where(places)), ("scaled_", scaled.where(places))):
            columns[f"{kind}coverage_{percent}"] = float(share_between(given, classes, (tail, 1 - tail))[0])
            widths = interval_widths(given, classes, np.full(len(places), share))
            columns[f"{kind}width_{percent}_myr"] = float(np.median(widths))
    return columns
