"""Two experiments side by side: the settings in which they differ, and what that makes of their test images."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.evaluation.bootstrap import percentile_interval
from deepgalaxy.evaluation.folds import whole_samples
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.ranking import NAMES, first_by_validation, names_of_runs
from deepgalaxy.hdf5 import whole_hdf5

SAME_RUN, SAME_SAMPLE, FIRST = "same names", "first on the same sample", "first of all"
"""How a run of the other experiment was found: by its names, or by its validation."""
BESIDE = ("dataset", "sample", "model", "workers", "repeat", "validation_cross_entropy", "accuracy", "median_error_myr")
"""What is said of both runs."""


@dataclass(frozen=True)
class TestImages:
    """What became of the n test images of a run: their simulation ``group`` (n,); the error in time ``error_myr`` (n,),
    NaN where the true class has no time; and whether the class is ``right``, bool (n,)."""

    __test__ = False  # no test, whatever pytest takes it for

    group: np.ndarray
    error_myr: np.ndarray
    right: np.ndarray

    @classmethod
    def of(cls, predictions: Predictions, classes: pd.DataFrame, split: pd.DataFrame) -> "TestImages":
        """Return what became of predicted images."""
        group = split["group"].to_numpy()[predictions.row].astype(str)
        return cls(group, predictions.error_myr(classes), predictions.right)

    def rights(self) -> tuple[np.ndarray, np.ndarray]:
        """Return whether each image is right, 1 or 0, and its simulation."""
        return self.right.astype(float), self.group

    def errors(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the error in time of each image that has one, and its simulation."""
        timed = ~np.isnan(self.error_myr)
        return self.error_myr[timed], self.group[timed]


def write_test_images(runs: Sequence[Mapping[str, Any]], images: Sequence[TestImages], output: str | Path) -> None:
    """Write what became of the test images of some runs, each told by NAMES: a group for each run, with its names as an
    attribute ``run``, and the arrays of TestImages."""
    names = names_of_runs(pd.DataFrame(runs, columns=NAMES))
    with whole_hdf5(output) as file:
        for number, (name, of_run) in enumerate(zip(names, images, strict=True)):
            group = file.create_group(str(number))
            group.attrs["run"] = name
            for array, values in vars(of_run).items():
                values = np.char.encode(values, "utf-8") if array == "group" else values
                group.create_dataset(array, data=values, compression="gzip")


def read_test_images(path: str | Path) -> dict[str, TestImages]:
    """Return what ``write_test_images`` wrote, by the names of the runs as ``names_of_runs`` joins them."""
    with h5py.File(path) as file:
        return {
            run.attrs["run"]: TestImages(np.char.decode(run["group"][:], "utf-8"), run["error_myr"][:], run["right"][:])
            for run in file.values()
        }


LIMITS = ("", "_low", "_high")
SCORES: dict[str, tuple[str, Callable[[TestImages], tuple[np.ndarray, np.ndarray]], Callable, int]] = {
    "accuracy": ("accuracy_gain{}", TestImages.rights, np.mean, 1),
    "median_error_myr": ("median_error_gain{}_myr", TestImages.errors, np.median, -1),
}
"""By the name of a score: the columns of its gain and of its limits, its values with their simulations, what it is of
these, and 1 if more is better, otherwise -1."""


@dataclass(frozen=True)
class Experiment:
    """An experiment: its table of ``metrics``, and the ``images`` of ``read_test_images`` for each whole run."""

    metrics: pd.DataFrame
    images: Mapping[str, TestImages]

    @classmethod
    def read(cls, metrics: str | Path, images: str | Path) -> "Experiment":
        """Read what an experiment keeps."""
        return cls(pd.read_csv(metrics), read_test_images(images))


def compare_experiments(ours: Experiment, other: Experiment, seed: int) -> pd.DataFrame:
    """Return a row for each run of our experiment that is no single fold and no ensemble, beside one of the other.

    That is the run of the same names; where there is none, the one on the same sample that is first by validation; and
    where there is no such sample, the first of all. Of both, the columns are those of BESIDE, with ``other_`` before
    them for the other one; intervals are those of ``gain_interval``.

    - ``other_…``: what the column of this name without ``other_`` says, of the run of the other experiment.
    - ``other_is``: which run that is: the one of the same names, the first on the same sample, or the first of all.
    - ``validation_cross_entropy``, ``accuracy``, ``median_error_myr``: as in the metrics.
    - ``test_simulations``, ``paired``: how many test simulations there are, and whether both experiments have the same.
    - ``accuracy_gain``: positive where ours is better; with a 95 % interval over simulations, and empty if the numbers
      of classes differ.
    - ``median_error_gain_myr``: the same of the median error; empty if times do not count from the same event.
    """
    theirs = whole_samples(other.metrics)
    rows = []
    for run in whole_samples(ours.metrics).to_dict("records"):
        beside, how = _counterpart(run, theirs)
        both = [of.images[_name(row)] for of, row in ((ours, run), (other, beside))]
        groups = [set(images.group) for images in both]
        rows.append(
            {name: run[name] for name in BESIDE}
            | {f"other_{name}": beside[name] for name in BESIDE}
            | {"other_is": how, "test_simulations": len(groups[0]), "other_test_simulations": len(groups[1])}
            | {"paired": groups[0] == groups[1]}
            | (_gain(both, "accuracy", seed) if run["classes"] == beside["classes"] else {})
            | (_gain(both, "median_error_myr", seed) if run["counts_from"] == beside["counts_from"] else {})
        )
    gains = [column.format(limit) for column, *_ in SCORES.values() for limit in LIMITS]
    first = ["dataset", "sample", "model", "workers", "repeat"]
    columns = [*first, *(f"other_{name}" for name in first), "other_is", "test_simulations", "other_test_simulations"]
    columns += ["paired", *(f"{which}{name}" for name in BESIDE[5:] for which in ("", "other_")), *gains]
    return pd.DataFrame(rows).reindex(columns=columns)


def _counterpart(run: dict, theirs: pd.DataFrame) -> tuple[dict, str]:
    """Return the row of another experiment's table that a run is set beside, and how it was found."""
    same = theirs[names_of_runs(theirs) == _name(run)]
    if len(same):
        return same.iloc[0].to_dict(), SAME_RUN
    here = theirs[(theirs["dataset"] == run["dataset"]) & (theirs["sample"] == run["sample"])]
    chosen = first_by_validation(here if len(here) else theirs)
    return chosen.iloc[0].to_dict(), SAME_SAMPLE if len(here) else FIRST


def _name(run: Mapping[str, Any]) -> str:
    """Return the names of a run as ``names_of_runs`` joins them."""
    return names_of_runs(pd.DataFrame([run])).iloc[0]


def _gain(both: Sequence[TestImages], score: str, seed: int) -> dict[str, float | None]:
    """Return the gain in one of SCORES of ours over the other's, with its limits, by the names of their columns."""
    column, values_of, statistic, sign = SCORES[score]

    def gain(ours: np.ndarray, theirs: np.ndarray) -> float:
        first, second = (ours, theirs)[::sign]
        return float(statistic(first) - statistic(second))

    ours, theirs = map(values_of, both)
    return dict(zip(map(column.format, LIMITS), (gain(ours[0], theirs[0]), *gain_interval(gain, ours, theirs, seed))))


def gain_interval(
    gain: Callable[[np.ndarray, np.ndarray], float],
    ours: tuple[np.ndarray, np.ndarray],
    theirs: tuple[np.ndarray, np.ndarray],
    seed: int,
) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval (percentiles) of the ``gain`` of values over others, resampling simulations.

    Each of both is values (n,) and the simulations that they are of (n,). If these are the same simulations, each
    sample of them is drawn for both, so that what makes a simulation hard to date cancels; otherwise each draws its
    own. Both limits are None if either has a single simulation, or if all samples agree.
    """
    parts = [{name: values[group == name] for name in np.unique(group)} for values, group in (ours, theirs)]
    if min(map(len, parts)) < 2:
        return None, None
    paired = parts[0].keys() == parts[1].keys()
    pools = [list(part.values()) for part in parts]

    def of_simulations(*drawn: np.ndarray) -> float:
        drawn = drawn * 2 if paired else drawn
        return gain(*(np.concatenate([pool[i] for i in places]) for pool, places in zip(pools, drawn)))

    return percentile_interval(of_simulations, list(map(len, pools[:1] if paired else pools)), seed)


def differing_settings(ours: Mapping[str, Any], other: Mapping[str, Any]) -> pd.DataFrame:
    """Return the settings in which two experiments differ.

    - ``setting``: its place in the configuration, as keys with colons between them.
    - ``here``, ``there``: its value in either experiment, as JSON has it; empty where it is not set.
    """
    here, there = _flat(ours), _flat(other)
    places = [place for place in dict.fromkeys([*here, *there]) if here.get(place) != there.get(place)]
    rows = [(": ".join(place), here.get(place), there.get(place)) for place in places]
    return pd.DataFrame(rows, columns=["setting", "here", "there"])


def _flat(section: Any, place: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Return the values of a section of the configuration by their places."""
    if not isinstance(section, Mapping) or not section:
        return {place: json.dumps(section, ensure_ascii=False)}
    return {inner: value for key in section for inner, value in _flat(section[key], (*place, str(key))).items()}
