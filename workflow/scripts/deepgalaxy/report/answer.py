"""The answer of the first screen: what came out, beside what is simplest, and what it is to be trusted for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from deepgalaxy.figures.words import PERTURBATIONS
from deepgalaxy.folds import ALL_FOLDS
from deepgalaxy.report.values import show_value

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


@dataclass(frozen=True)
class Answer:
    """What is said of one run: its row of ``metrics``, its row of ``skill``, and whether it is a ``leak``.

    ``leak`` is a sentence on test simulations that were trained on, empty if there are none.
    """

    run: dict
    skill: dict
    leak: str

    @property
    def error(self) -> str:
        """The median error in words, ± half of its interval."""
        return with_half(self.run, "median_error{}_myr", 1.0, " Myr")

    @property
    def accuracy(self) -> str:
        """The accuracy in words, ± half of its interval."""
        return with_half(self.run, "accuracy{}", 100.0, " %")

    @property
    def baseline(self) -> str:
        """The strongest baseline in words."""
        name = self.skill["baseline"].replace("_", " ")
        return f"{name} ({self.skill['setting']})" if pd.notna(self.skill["setting"]) else name

    @property
    def baseline_error(self) -> str:
        """The median error of the strongest baseline in words."""
        return f"{show_value(float(self.skill['strongest_median_error_myr']))} Myr"


def with_half(row: dict, column: str, factor: float, unit: str) -> str:
    """Return a number of a row with its unit, ± half of its 95 % interval if it has one; ``column`` has a place for
    the names of the limits."""
    value, low, high = (factor * float(row[column.format(limit)]) for limit in ("", "_low", "_high"))
    if pd.isna(low):
        return f"{show_value(value)}{unit}"
    half = (high - low) / 2
    return f"{show_value(value, half)} ± {show_value(half, value)}{unit}"


def collect_answers(metrics: list[dict], skill: list[dict]) -> list[Answer]:
    """Return what is said of each run that is not a single fold, in the order of ``metrics``; ``skill`` has a row for
    each run of ``metrics``."""
    told_by = ("dataset", "sample", "fold", "model", "workers", "repeat")
    compared = {tuple(str(row[name]) for name in told_by): row for row in skill}
    whole = [run for run in metrics if pd.isna(run["fold"]) or run["fold"] == ALL_FOLDS]
    return [Answer(run, compared[tuple(str(run[name]) for name in told_by)], _say_leak(run)) for run in whole]


def _say_leak(run: dict) -> str:
    """Return what is to be said of test simulations that a run was trained on."""
    seen = run["test_simulations_trained_on"]
    if pd.isna(seen):
        return (
            "It is not known what it has seen: training began with weights from elsewhere; if they were trained on the"
            " test simulations, these figures are too optimistic."
        )
    if seen:
        return (
            f"This split leaks: other images of {int(seen)} of the {run['test_simulations']} test simulations were"
            " trained on, in this run or in one that its weights are from, so that these figures are too optimistic."
            " Split by simulation for figures that hold for mergers never seen."
        )
    return ""


def name_phase(passages: int | str) -> str:
    """Return a phase of a merger in words.

    >>> name_phase(0), name_phase("2"), name_phase(9)
    ('before the first passage', 'after the second passage', 'after 9 passages')
    """
    number = int(float(passages))
    if number == 0:
        return "before the first passage"
    return f"after the {ORDINALS[number - 1]} passage" if number <= len(ORDINALS) else f"after {number} passages"


def what_to_trust(
    answer: Answer, errors: list[dict], intervals: Sequence[dict] = (), robustness: Sequence[dict] = ()
) -> tuple[list[str], list[str]]:
    """Return what the network of a run may be trusted for, and what not, in words that its tables give.

    ``errors``, ``intervals`` and ``robustness`` have the rows of ``break_down_errors``, ``tabulate_intervals`` and
    ``tabulate_robustness``. A network that is not shown to beat the strongest baseline is trusted for no more than its
    intervals.
    """
    run, gain_low = answer.run, answer.skill["median_error_gain_low_myr"]
    beats = pd.notna(gain_low) and gain_low > 0
    phases = [
        row
        for row in errors
        if row["grouping"] == "phase" and pd.notna(row["median_error_myr"]) and row["simulations"] > 1
    ]
    good = [f"mergers like those that it was trained on: the time since the {run['counts_from']}"] if beats else []
    bad = ["real galaxies, unless as a first guess: the simulated ones have no gas, dust, star formation or neighbours"]
    if not beats:
        bad.append("a better time than the strongest baseline gives: that is not shown")
    if len(phases) > 1:
        best, worst = (choose(phases, key=lambda row: row["median_error_myr"]) for choose in (min, max))
        if beats:
            good.append(f"{name_phase(best['value'])}: half of the images are dated to {_error(best)} or better")
        bad.append(f"{name_phase(worst['value'])}: the median error is {_error(worst)}")
    covered, low, high = (run[f"conformal_coverage_68{limit}"] for limit in ("", "_low", "_high"))
    if pd.notna(low):
        held = f"its calibrated 68 % intervals: they hold the true time of {100 * covered:.0f} % of the images"
        if high < 0.68:
            bad.append(held)
        else:
            good.append(f"{held}, more than they promise" if low > 0.68 else held)
    bad += [*_narrow_phase(intervals), *_worst_disturbance(robustness)]
    if run["timed_test_images"] < run["test_images"]:
        bad.append("a time of galaxies that are alone or have become one: these are classes without a time")
    return good, bad


def _narrow_phase(intervals: Sequence[dict]) -> Iterator[str]:
    """Yield the phase whose calibrated 68 % intervals hold the fewest times, if these are fewer than they promise."""
    phases = [row for row in intervals if row["grouping"] == "phase" and row["simulations"] > 1]
    low = [row for row in phases if row["conformal_coverage_68"] < 0.68]
    if low:
        worst = min(low, key=lambda row: row["conformal_coverage_68"])
        covered = f"{100 * worst['conformal_coverage_68']:.0f} %"
        yield f"its 68 % intervals {name_phase(worst['value'])}: they hold the true time of {covered} of the images"


def _worst_disturbance(robustness: Sequence[dict]) -> Iterator[str]:
    """Yield the disturbance of an image that costs most, if any is shown to cost something."""
    costly = [row for row in robustness if row["ratio_low"] > 1]
    if costly:
        worst = max(costly, key=lambda row: row["ratio"])
        yield (
            f"disturbed images, worst of all {PERTURBATIONS[worst['perturbation']][0]} ({worst['value']:g}"
            f" {worst['unit']}): the median error is {_error(worst)}"
        )


def _error(row: dict) -> str:
    """Return the median error of a row in words."""
    return f"{show_value(float(row['median_error_myr']))} Myr"
