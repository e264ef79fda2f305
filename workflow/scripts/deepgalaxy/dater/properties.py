"""What a dater says of an image besides its time: properties, with intervals calibrated as those of the time are."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.conformal import SHARES, conformal_level
from deepgalaxy.evaluation.predictions import central_interval
from deepgalaxy.observed.table import FROM_DISTRIBUTION, FROM_VALIDATION
from deepgalaxy.properties.scores import level_of, median_of
from deepgalaxy.targets import AXIS, BINARY, HISTOGRAM, Target, as_five_numbers, axis_of, places_of

SHARE = SHARES[0]
"""Of the intervals."""


def property_levels(
    targets: Sequence[Target], predicted: Mapping[str, np.ndarray], true: np.ndarray, group: np.ndarray
) -> dict[str, float | None]:
    """Return the level of the central interval of each number among the ``targets`` that covers SHARE of the images of
    a new merger (``conformal_level``), None where it takes more mergers.

    ``predicted`` has by name what the heads give for validation images, (n, bins); ``true`` (n, columns) are all
    properties of these as in a prepared file, NaN where unknown, and ``group`` (n,) names their simulations.
    """
    levels: dict[str, float | None] = {}
    for target, place in places_of(targets):
        if target.learnt and target.kind == HISTOGRAM:
            value = true[:, place][:, 0].astype(float)
            known = np.isfinite(value)
            function = level_of(predicted[target.name][known], target.edges, value[known])
            levels[target.name] = (
                conformal_level(np.abs(2 * function - 1), group[known], SHARE) if known.any() else None
            )
    return levels


def property_columns(
    targets: Sequence[Target], predicted: Mapping[str, np.ndarray], levels: Mapping[str, float | None]
) -> dict[str, np.ndarray | str]:
    """Return the columns of properties in the table of observed images, by what the heads give, (n, bins) each.

    Of a number called ``name``, these are ``<name>``, the median, ``<name>_low`` and ``<name>_high``, the limits of a
    68 % interval, and ``<name>_interval_by``, what it is calibrated by; of what is true or not, ``<name>``, the
    probability that it is. Of an axis, ``<name>_x``, ``_y`` and ``_z`` are the unit vector with z ≥ 0, and
    ``<name>_cos2`` is the expected squared cosine of the angle between it and the true axis: 1 if the network is sure,
    1/3 if every direction is as probable as any other.
    """
    columns: dict[str, np.ndarray | str] = {}
    for target in targets:
        if not target.learnt:
            continue
        name, given = target.name, predicted[target.name].astype(float)
        if target.kind == BINARY:
            columns[name] = given[:, 1]
        elif target.kind == AXIS:
            axis = axis_of(given)
            axis = np.where(axis[:, 2:] < 0, -axis, axis)
            columns |= zip(target.columns, axis.T)
            # The mean of (n · true)² - 1/3 is linear in the five numbers, of which heads predict the mean.
            columns[f"{name}_cos2"] = np.clip(1 / 3 + (as_five_numbers(axis) * given).sum(axis=1), 1 / 3, 1)
        else:
            level = levels[name]
            low, high = central_interval(given, target.edges, SHARE if level is None else level)
            columns |= {name: median_of(given, target.edges), f"{name}_low": low, f"{name}_high": high}
            columns[f"{name}_interval_by"] = FROM_DISTRIBUTION if level is None else FROM_VALIDATION
    return columns


def describe_properties(scores: pd.DataFrame) -> Iterator[str]:
    """Yield the lines of Markdown that say how well each property of the test images is predicted, beside its strongest
    baseline, and which is no better than that; ``scores`` is the table of ``tabulate_properties``."""
    yield from ("| property | error | network | strongest baseline | gain, 95 % | |", "|---|---|---|---|---|---|")
    for name, rows in scores.groupby("property", sort=False):
        network = rows[rows["model"] == "network"].iloc[0]
        if pd.notna(network["note"]):
            yield f"| {name} | | | | | {network['note']} |"
            continue
        strongest = rows[rows["model"] == network["strongest"]].iloc[0]
        score = "brier" if pd.notna(network["brier"]) else "median_abs_error"
        error = "Brier score" if score == "brier" else f"median, {network['unit']}"
        low, high = network["gain_low"], network["gain_high"]
        known = pd.notna(low) and pd.notna(high)
        interval = f"{network['gain']:.3g}" + (f" ({low:.3g} to {high:.3g})" if known else "")
        yield (
            f"| {name} | {error} | {network[score]:.3g} | {strongest[score]:.3g} ({strongest['model']}) | {interval}"
            f" | {_verdict(low, high) if known else 'open: too few test simulations for an interval'} |"
        )


def _verdict(low: float, high: float) -> str:
    """Return what the interval of the gain over the strongest baseline says."""
    if low > 0:
        return "better than the baseline"
    return "worse than the baseline: do not use" if high < 0 else "no better than the baseline"
