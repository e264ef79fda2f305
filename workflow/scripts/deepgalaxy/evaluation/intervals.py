"""How many intervals of time hold the true one: as the network gives them, and calibrated on other simulations."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.evaluation.conformal import central_scores, conformal_level, groups_needed, levels_by_others
from deepgalaxy.evaluation.predictions import Predictions, central_interval, time_distribution


@dataclass(frozen=True)
class ConformalIntervals:
    """Calibrated intervals of n images that all have a time.

    ``covered`` (n,) says whether each holds the true time, as 0 or 1, and ``width_myr`` (n,) how wide it is; both are
    NaN where too few simulations calibrate. ``simulations`` is how many these are, the fewest if that differs, and
    ``of`` what they are, in words.
    """

    share: float
    covered: np.ndarray
    width_myr: np.ndarray
    simulations: int
    of: str

    def where(self, chosen: np.ndarray) -> "ConformalIntervals":
        """Return the same of some images, ``chosen`` by their places."""
        return replace(self, covered=self.covered[chosen], width_myr=self.width_myr[chosen])

    @property
    def available(self) -> bool:
        """Whether all images have an interval."""
        return self.simulations >= groups_needed(self.share)


def conformal_intervals(
    predictions: Predictions, validation: Predictions, classes: pd.DataFrame, split: pd.DataFrame, share: float
) -> ConformalIntervals:
    """Return the intervals that hold this ``share`` of the images of a new simulation, of the test images with a time.

    The level of each comes from ``conformal_level`` of the validation images. If ``split`` is that of several folds
    (``join_splits``), the images of all other test simulations calibrate those of each, every one as predicted by the
    network of its own fold, which was not trained on it: cross-conformal calibration by simulation (Vovk 2015, Ann.
    Math. Artif. Intell. 74, 9; Barber et al. 2021, Ann. Stat. 49, 486), in which the networks differ between folds, so
    that the promise holds nearly rather than exactly.
    """
    timed = predictions.where(predictions.timed)
    group = split["group"].to_numpy()
    scores, of_group = central_scores(timed, classes), group[timed.row]
    if "fold" in split and split["fold"].nunique() > 1:
        level = levels_by_others(scores, of_group, share)
        simulations, of = len(set(of_group)) - 1, "other test simulations"
    else:
        others = validation.where(validation.timed)
        calibrating = group[others.row]
        found = conformal_level(central_scores(others, classes), calibrating, share)
        level = np.full(len(scores), np.nan if found is None else found)
        simulations, of = len(np.unique(calibrating)), "validation simulations"
    covered = np.where(np.isnan(level), np.nan, scores <= level)
    return ConformalIntervals(share, covered, interval_widths(timed, classes, level), simulations, of)


def interval_widths(predictions: Predictions, classes: pd.DataFrame, level: np.ndarray) -> np.ndarray:
    """Return the widths in Myr of the central intervals of these levels, each (n,); NaN where the level is."""
    distribution, edges_myr = time_distribution(predictions.probabilities, classes)
    widths = np.full(len(level), np.nan)
    for value in np.unique(level[~np.isnan(level)]):
        low, high = central_interval(distribution[level == value], edges_myr, value)
        widths[level == value] = high - low
    return widths


def say_what_calibrates(intervals: list[ConformalIntervals]) -> str:
    """Return how many simulations calibrate the intervals, and which share would need how many, in words."""
    first = intervals[0]
    text = f"calibrated on {first.simulations} {first.of}"
    missing = [f"{100 * of.share:.0f} % needs {groups_needed(of.share)}" for of in intervals if not of.available]
    if not missing:
        return text
    there_are = f"there {'is' if first.simulations == 1 else 'are'} {first.simulations}"
    if len(missing) == len(intervals):
        return f"not available: {', '.join(missing)} {first.of}, {there_are}"
    return f"{text}; not available: {', '.join(missing)} {first.of}, {there_are}"


def score_intervals(intervals: list[ConformalIntervals], group: np.ndarray, seed: int) -> dict[str, float | str | None]:
    """Return how well calibrated intervals of images hold, which show the simulations ``group`` (n,).

    The limits of intervals over simulations are those of ``resampled_interval``, drawn from ``seed``.

    - ``conformal_coverage_68``: share of images whose true time lies in their conformal interval, which is calibrated
      on other simulations to hold 68 % of the times; with a 95 % interval, and empty where too few simulations
      calibrate.
    - ``conformal_width_68_myr``: median width of these intervals.
    - ``intervals``: how many simulations calibrate them, and how many it would take, in words.
    """
    scores: dict[str, float | str | None] = {}
    for of in intervals:
        percent = round(100 * of.share)
        limits = resampled_interval(np.mean, of.covered, group, seed) if of.available else (None, None)
        scores |= {
            f"conformal_coverage_{percent}": float(of.covered.mean()) if of.available else None,
            **dict(zip((f"conformal_coverage_{percent}_{limit}" for limit in ("low", "high")), limits)),
            f"conformal_width_{percent}_myr": float(np.median(of.width_myr)) if of.available else None,
        }
    return scores | {"intervals": say_what_calibrates(intervals)}
