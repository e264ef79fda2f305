"""When the observed mergers are, how sure that is, what they are like, and which are like nothing seen in training."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.conformal import SHARES
from deepgalaxy.evaluation.predictions import (
    apply_temperature,
    central_interval,
    expected_time,
    most_probable,
    time_distribution,
    time_origin,
    timed_classes,
)
from deepgalaxy.observed.novelty import NEIGHBOURS, Limits, Neighbours

INTERVALS = dict(zip(("", "_90"), SHARES, strict=True))
"""The shares of the intervals, by what is added to the names of their limits."""
FROM_VALIDATION, FROM_DISTRIBUTION = "validation mergers", "the distribution alone"
"""What the 68 % intervals are calibrated by."""


def is_warned(table: pd.DataFrame) -> pd.Series:
    """Return which rows of the table of observed images have a warning."""
    return table["warning"].notna() & (table["warning"].astype(str) != "")


def tabulate_observed(
    files: pd.DataFrame,
    probabilities: np.ndarray,
    neighbours: Neighbours,
    lone: np.ndarray | None,
    training: pd.DataFrame,
    classes: pd.DataFrame,
    temperature: float,
    levels: dict[str, float | None],
    limits: Limits,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two tables of observed images: one row for each of the ``files``, and one for each interval of time.

    ``files`` has a row for each observation, with those columns that ``prepare_observation`` gives; ``probabilities``
    (n, classes) as the network gives them, ``neighbours``, and the probabilities of being ``lone`` galaxies (n,), None
    if these are not known, are of the n used ones. ``training`` has a row for each
    training image that these are compared with: row, group, camera, label, target_myr. ``levels`` are those of
    ``conformal_level`` for each of INTERVALS, of unscaled probabilities, None where it takes more mergers; then the
    68 % interval is that of the scaled distribution, and there is no other. docs/observed.md explains the columns.
    """
    scaled = apply_temperature(probabilities, temperature)
    label, probability = most_probable(scaled)
    distribution, edges_myr = time_distribution(scaled, classes)
    unscaled, _ = time_distribution(probabilities, classes)
    novelty = limits.novelty(neighbours.to_merger)
    timed_probability = scaled[:, timed_classes(classes)].sum(axis=1)
    alone = [None] * len(label) if lone is None else lone
    used = files["used"].to_numpy(bool)
    results = {
        "id": files.loc[used, "id"].to_numpy(),
        "label": label,
        "class": classes["name"].to_numpy()[label],
        "probability": probability,
        "timed_probability": timed_probability,
        "counts_from": time_origin(classes),
        "expected_myr": expected_time(scaled, classes),
        **_intervals(distribution, unscaled, edges_myr, levels),
        "novelty": novelty,
        "lone_probability": np.full(len(label), np.nan) if lone is None else lone,
        "warning": [
            " ".join(filter(None, (limits.warning(far, probability), _without_time(timed))))
            for far, probability, timed in zip(novelty, alone, timed_probability, strict=True)
        ],
        **_describe_neighbours(neighbours, training, classes["name"].to_numpy()),
    }
    names = files.loc[used, ["id", "file"]]
    times = {
        **{name: np.repeat(column.to_numpy(), distribution.shape[1]) for name, column in names.items()},
        "t_from_myr": np.tile(edges_myr[:-1], len(names)),
        "t_to_myr": np.tile(edges_myr[1:], len(names)),
        "probability": distribution.ravel(),
    }
    # Whole numbers stay whole beside the files that have none.
    table = files.convert_dtypes().merge(pd.DataFrame(results).convert_dtypes(), on="id", how="left")
    return table, pd.DataFrame(times)


def _without_time(timed_probability: float) -> str:
    """Return the sentence that warns of an image that probably has no time; empty of others."""
    if timed_probability >= 0.5:
        return ""
    return (
        f"Classes without a time have {100 * (1 - timed_probability):.0f} % of its probability: its time holds only if"
        " it is of none of them."
    )


def _intervals(
    scaled: np.ndarray, unscaled: np.ndarray, edges_myr: np.ndarray, levels: dict[str, float | None]
) -> dict[str, Sequence | np.ndarray | str]:
    """Return the columns of the limits of the INTERVALS, from both distributions over time (n, m)."""
    columns: dict[str, Sequence | np.ndarray | str] = {}
    for name, share in INTERVALS.items():
        level, distribution = levels[f"{share:g}"], unscaled
        if level is None and name == "":
            level, distribution = share, scaled
        nothing = np.full((2, len(scaled)), np.nan)
        low, high = nothing if level is None else central_interval(distribution, edges_myr, level)
        columns |= {f"low{name}_myr": low, f"high{name}_myr": high}
        if name == "":
            columns["interval_by"] = FROM_DISTRIBUTION if distribution is scaled else FROM_VALIDATION
    return columns


def _describe_neighbours(neighbours: Neighbours, training: pd.DataFrame, classes: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns that describe each of the nearest training images."""
    columns = {}
    for number in range(NEIGHBOURS):
        nearest = training.iloc[neighbours.index[:, number]]
        for name in ("row", "group", "camera", "target_myr"):
            columns[f"neighbour_{number + 1}_{name}"] = nearest[name].to_numpy()
        columns[f"neighbour_{number + 1}_class"] = classes[nearest["label"].to_numpy(int)]
        columns[f"neighbour_{number + 1}_distance"] = neighbours.distance[:, number]
    return columns
