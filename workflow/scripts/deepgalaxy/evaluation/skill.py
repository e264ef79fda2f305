"""Whether a network beats the strongest baseline, and by how much."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.baseline_predictions import Baseline
from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.predictions import Predictions, time_origin


def strongest_baseline(baselines: Sequence[Baseline], classes: pd.DataFrame) -> Baseline:
    """Return the baseline of the lowest median error of time on the validation images, the first of equals.

    The test images have no part in the choice. Raises ValueError if no validation image has a class with a time.
    """
    return min(baselines, key=lambda baseline: baseline.validation.median_error_myr(classes))


def measure_skill(
    network: Predictions, baselines: Sequence[Baseline], classes: pd.DataFrame, split: pd.DataFrame, seed: int
) -> dict[str, Any]:
    """Return how a network compares with the strongest of the baselines (``strongest_baseline``) on the test images.

    Intervals are those of ``resampled_interval``, drawn from ``seed``: network and baseline are compared on the same
    resampled simulations. They are None for a single simulation, and where all agree.

    - ``baseline``, ``setting``: the baseline of the lowest error on the validation images, and how it was set up.
    - ``counts_from``: the event that times count from.
    - ``test_simulations``: how many test simulations have images with a time.
    - ``median_error_myr``, ``accuracy``: of the network, as in the metrics.
    - ``strongest_median_error_myr``, ``strongest_accuracy``: of that baseline.
    - ``median_error_floor_myr``: as in the metrics.
    - ``median_error_gain_myr``: the baseline's median error minus the network's, so that the network is better where
      this is positive; with a 95 % interval.
    - ``accuracy_gain``: the network's accuracy minus the baseline's; with a 95 % interval.
    - ``verdict``: a sentence that says whether the network beats the baseline, by the interval of the median error.

    Raises ValueError if network and baseline did not predict the same images, or if no image that they were validated
    or tested on has a class with a time.
    """
    strongest = strongest_baseline(baselines, classes)
    order, other = np.argsort(network.row), np.argsort(strongest.test.row)
    row = network.row[order]
    if not np.array_equal(row, strongest.test.row[other]):
        raise ValueError(
            f"The network and the baseline {strongest.name} have predicted different test images; make the predictions"
            " of both again from the same split."
        )
    median_error_myr = network.median_error_myr(classes)
    group = split["group"].to_numpy()[row]
    error_myr = np.stack([strongest.test.error_myr(classes)[other], network.error_myr(classes)[order]], axis=1)
    right = np.stack([strongest.test.right[other], network.right[order]], axis=1).astype(float)
    timed = ~np.isnan(error_myr).any(axis=1)
    error_myr, timed_group = error_myr[timed], group[timed]
    error_limits = resampled_interval(_error_gain, error_myr, timed_group, seed)
    right_limits = resampled_interval(_accuracy_gain, right, group, seed)
    skill = {
        "baseline": strongest.name,
        "setting": strongest.setting,
        "counts_from": time_origin(classes),
        "test_simulations": len(np.unique(timed_group)),
        "median_error_myr": median_error_myr,
        "strongest_median_error_myr": float(np.median(error_myr[:, 0])),
        "median_error_floor_myr": float(np.nanmedian(network.class_error_myr(classes))),
        "median_error_gain_myr": _error_gain(error_myr),
        "median_error_gain_low_myr": error_limits[0],
        "median_error_gain_high_myr": error_limits[1],
        "accuracy": float(right[:, 1].mean()),
        "strongest_accuracy": float(right[:, 0].mean()),
        "accuracy_gain": _accuracy_gain(right),
        "accuracy_gain_low": right_limits[0],
        "accuracy_gain_high": right_limits[1],
    }
    return skill | {"verdict": _say_who_is_better(skill)}


def _error_gain(error_myr: np.ndarray) -> float:
    """Return by how much the median of the second column of (n, 2) errors is lower than that of the first."""
    baseline, network = np.median(error_myr, axis=0)
    return float(baseline - network)


def _accuracy_gain(right: np.ndarray) -> float:
    """Return by how much the mean of the second column of (n, 2) is higher than that of the first."""
    baseline, network = right.mean(axis=0)
    return float(network - baseline)


def _say_who_is_better(skill: dict[str, Any]) -> str:
    """Return the verdict on what ``measure_skill`` found."""
    baseline = ", ".join(filter(None, (skill["baseline"].replace("_", " "), skill["setting"])))
    strongest = f"the strongest baseline ({baseline})"
    gain, low, high = (skill[f"median_error_gain{limit}_myr"] for limit in ("", "_low", "_high"))
    difference = f"{abs(gain):.1f} Myr {'larger' if gain < 0 else 'smaller'}"
    simulations = skill["test_simulations"]
    if low is None:
        why = "A single test simulation gives" if simulations == 1 else f"{simulations} simulations that agree give"
        return (
            f"{why} no interval, so that it is open whether the network beats {strongest}; the network's median error"
            f" is {difference}."
        )
    over = f"over {simulations} test simulations"
    if low > 0:
        return (
            f"The network beats {strongest} by {gain:.1f} Myr in the median error (95 % interval {low:.1f} to"
            f" {high:.1f}, {over})."
        )
    if high < 0:
        return (
            f"The network is worse than {strongest} by {-gain:.1f} Myr in the median error (95 % interval"
            f" {-high:.1f} to {-low:.1f}, {over})."
        )
    return (
        f"The network is no better than {strongest}: its median error is {difference} (95 % interval of the gain"
        f" {low:.1f} to {high:.1f}, {over})."
    )
