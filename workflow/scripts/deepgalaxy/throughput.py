"""Training throughput, from the records of runs, and how it scales with the number of workers."""

import numpy as np
import pandas as pd
from scipy import stats

from deepgalaxy.training.record import EpochRecord

WARM_UP_EPOCHS = 3
"""DeepGalaxy's README reads the throughput after the third epoch, when tracing and caches are warm."""

SCALED = ["dataset", "sample", "model"]
"""What is the same in all runs of a scaling study."""


def summarise_throughput(records: list[EpochRecord]) -> dict[str, float]:
    """Return the median throughput over the epochs of one run, in images per second, and where its time went.

    The first three epochs are left out; of a run that has no more than those, only the first is. Shares are of the
    time of training, over all ranks: ``compute_share``, ``input_share`` (waiting for images) and ``exchange_share``
    (of gradients, with waiting for slower ranks); ``validation_seconds`` is the median for an epoch and comes on top.
    Raises ValueError if there are no records.
    """
    if not records:
        raise ValueError("A run without a finished epoch has no throughput.")
    skipped = WARM_UP_EPOCHS if len(records) > WARM_UP_EPOCHS else min(1, len(records) - 1)
    used = records[skipped:]
    total = float(np.median([record.images_per_second for record in used]))
    ranks = [rank for record in used for rank in record.seconds]
    train = sum(rank.train for rank in ranks)
    share = {part: sum(getattr(rank, part) for rank in ranks) / train for part in ("input", "exchange")}
    return {
        "epochs_used": len(used),
        "images_per_second_per_worker": total / used[0].workers,
        "images_per_second": total,
        "compute_share": 1 - share["input"] - share["exchange"],
        "input_share": share["input"],
        "exchange_share": share["exchange"],
        "validation_seconds": float(np.median([max(rank.validation for rank in record.seconds) for record in used])),
    }


def scaling_table(throughput: pd.DataFrame) -> pd.DataFrame:
    """Return, for each number of workers, the mean throughput of its runs and their efficiency against one worker.

    ``throughput`` has a row for each run, with the columns dataset, sample, model, workers and those of
    ``summarise_throughput``. The table has ``runs``, ``images_per_second`` with the limits ``_low`` and ``_high`` of
    its 95 % confidence interval (Student's t; empty for less than three runs), the same for each worker,
    ``efficiency`` (throughput over that of as many single workers; empty if none was run) with limits from the
    relative variances of both means, and the mean shares of time.
    """
    rows = []
    for names, study in throughput.groupby(SCALED, sort=False):
        single = study.loc[study["workers"] == 1, "images_per_second"]
        for workers, runs in study.groupby("workers"):
            speed = runs["images_per_second"]
            rows.append(
                dict(zip(SCALED, names))
                | {"workers": workers, "runs": len(runs)}
                | _with_limits("images_per_second", speed.mean(), *_relative_spread(speed))
                | {"images_per_second_per_worker": speed.mean() / workers}
                | _efficiency(speed, single, workers)
                | {f"{part}_share": runs[f"{part}_share"].mean() for part in ("compute", "input", "exchange")}
            )
    return pd.DataFrame(rows)


def _efficiency(speed: pd.Series, single: pd.Series, workers: int) -> dict[str, float]:
    """Return the efficiency of runs against single workers, with its limits."""
    mean = speed.mean() / (workers * single.mean())  # NaN without a single worker
    if workers == 1:
        return {"efficiency": mean, "efficiency_low": mean, "efficiency_high": mean}
    (one, freedom), (other, other_freedom) = _relative_spread(speed), _relative_spread(single)
    return _with_limits("efficiency", mean, float(np.hypot(one, other)), min(freedom, other_freedom))


def _relative_spread(speed: pd.Series) -> tuple[float, int]:
    """Return the standard error of a mean over the mean, NaN for less than three values, and its degrees of freedom."""
    return (speed.sem() / speed.mean() if len(speed) >= 3 else np.nan), len(speed) - 1


def _with_limits(name: str, mean: float, relative_error: float, freedom: int) -> dict[str, float]:
    """Return a mean and the limits of its 95 % confidence interval."""
    half = mean * relative_error * stats.t.ppf(0.975, freedom) if np.isfinite(relative_error) else np.nan
    return {name: mean, f"{name}_low": mean - half, f"{name}_high": mean + half}
