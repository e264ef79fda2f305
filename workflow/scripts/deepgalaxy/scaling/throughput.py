"""Training throughput, from the records of runs, and how it scales with the number of workers."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd

from deepgalaxy.files import read_json
from deepgalaxy.scaling.counted_epochs import after_warm_up, split_repeats
from deepgalaxy.scaling.old_logs import read_train_log
from deepgalaxy.training.record import EpochRecord, read_records

OURS = "measured here"
"""The source of what was not read from a log."""

STUDY = ["dataset", "sample", "model"]
"""What the runs of a study have in common, and what distinguishes it from others."""

SCALED = [*STUDY, "kind", "source"]
"""What is the same in all runs that are compared with each other."""

PARTS = ["compute", "input", "exchange", "validation"]
"""Where the time of an epoch goes."""


def _limited(name: str) -> list[str]:
    """Return the names of a quantity and of its limits."""
    return [name, f"{name}_low", f"{name}_high"]


TABLE_COLUMNS = [
    *SCALED,
    *("workers", "batch_size", "global_batch_size", "runs"),
    *_limited("images_per_second"),
    *_limited("images_per_second_per_worker"),
    *_limited("efficiency"),
    *(f"{part}_seconds" for part in PARTS),
]


def read_run(path: str | Path, workers: int) -> list[EpochRecord]:
    """Return the records of a run that is meant to have had ``workers`` ranks.

    Raises ValueError if it has no finished epoch, or one of another number of ranks.
    """
    records = read_records(path)
    if not records:
        raise ValueError(f"{path} has no finished epoch; delete it to repeat the run.")
    for record in records:
        if record.workers != workers:
            raise ValueError(
                f"Epoch {record.epoch} in {path} was trained by {record.workers} rank(s), but the run should have"
                f" {workers} worker(s); delete it to repeat the run."
            )
    return records


def read_last_epochs(path: str | Path, workers: int) -> list[EpochRecord]:
    """Return the records of a run's last epochs, which ``workers`` ranks trained after another number may have begun.

    Raises ValueError as ``read_run``, also if another number trained the last epoch.
    """
    records = read_records(path)
    own = list(takewhile(lambda record: record.workers == workers, reversed(records)))[::-1]
    return own or read_run(path, workers)


def summarise_throughput(used: Sequence[EpochRecord]) -> dict[str, float]:
    """Return the throughput over some epochs of a run, and where their time went.

    - ``epochs_used``: how many epochs count.
    - ``images_per_second``: the median over these epochs.
    - ``images_per_second_per_worker``: the same over the number of workers.
    - ``compute_seconds``, ``input_seconds``, ``exchange_seconds``, ``validation_seconds``: what a rank spent of an
      epoch, in the mean over ranks and epochs, on computing, on waiting for images, on exchanging gradients (with
      waiting for slower ranks), and on validating.
    """
    total = float(np.median([record.images_per_second for record in used]))
    ranks = [rank for record in used for rank in record.seconds]
    mean = {part: float(np.mean([getattr(rank, part) for rank in ranks])) for part in ("train", *PARTS[1:])}
    mean["compute"] = mean["train"] - mean["input"] - mean["exchange"]
    return {
        "epochs_used": len(used),
        "images_per_second_per_worker": total / used[0].workers,
        "images_per_second": total,
    } | {f"{part}_seconds": mean[part] for part in PARTS}


def measure_runs(
    runs: list[dict], epochs: list[str | Path], training: list[str | Path], logs: list[dict]
) -> list[dict]:
    """Return what each repeat of each run of a scaling study, and each run in old logs, says of its throughput and of
    itself.

    ``runs`` are those of ``deepgalaxy.planning.runs.study_runs``, with the paths of their
    ``epochs.jsonl`` and ``training.json``; ``logs`` have ``path`` and ``label``. Raises ValueError as ``read_run``,
    ``split_repeats`` and ``read_train_log`` do, and if the workers of a study had different numbers of threads, so that
    its runs cannot be compared.
    """
    measured: list[dict] = []
    threads: dict[str, int] = {}
    for run, records_path, training_path in zip(runs, epochs, training, strict=True):
        records = read_run(records_path, run["workers"])
        found = read_json(training_path)
        study, own = "/".join(run[name] for name in STUDY), found["threads_per_worker"]
        if threads.setdefault(study, own) != own:
            raise ValueError(
                f"Workers had {threads[study]} threads in one run of {study} and {own} in {records_path}, so that these"
                " cannot be compared; delete the study's directory to repeat its runs."
            )
        about = ("machine", "threads_per_worker", "ranks", "launcher", "environment", "versions", "gradient_bytes")
        measured += [
            run
            | {"repeat": repeat, "source": OURS, "batch_size": run["batch"]}
            | summarise_throughput(epochs_of_repeat)
            | {name: found[name] for name in about}
            for repeat, epochs_of_repeat in enumerate(split_repeats(records, run["repeats"]))
        ]
    for log in logs:
        for logged in read_train_log(log["path"]):
            used = after_warm_up(logged.images_per_second)
            measured.append(
                {"source": log["label"], "path": log["path"], "kinds": [None], "workers": logged.workers}
                | {"epochs_used": len(used), "images_per_second": float(np.median(used))}
            )
    return measured


def scaling_table(measured: list[dict]) -> pd.DataFrame:
    """Return, for each number of workers, the mean throughput of its runs and their efficiency against one worker.

    Of ``measured`` runs (``measure_runs``) it takes the names of ``SCALED`` (with ``kinds`` for ``kind``: a run may
    serve two), ``workers``, ``batch_size``, ``images_per_second`` and ``<part>_seconds``; what is not known is missing.

    - ``kind``: ``weak`` scaling, with the same batch for each worker, or ``strong``, with one batch divided among all.
    - ``source``: what was measured here, or an old log.
    - ``batch_size``, ``global_batch_size``: images in a step of one worker, and of all.
    - ``runs``: how many there are.
    - ``images_per_second``, ``images_per_second_per_worker``: mean throughput of all workers, and of each; with a 95 %
      interval (Student's t; empty for fewer than three runs).
    - ``efficiency``: throughput over that of as many single workers, empty if none was run; with limits from the
      relative variances of both means.
    - ``compute_seconds``, ``input_seconds``, ``exchange_seconds``, ``validation_seconds``: mean seconds of an epoch, as
      in the throughput.
    """
    known = [*SCALED, "workers", "batch_size", "images_per_second", *(f"{part}_seconds" for part in PARTS)]
    runs = pd.DataFrame([run | {"kind": kind} for run in measured for kind in run["kinds"]], columns=known)
    rows = []
    for names, study in runs.groupby(SCALED, sort=False, dropna=False):
        single = study.loc[study["workers"] == 1, "images_per_second"]
        for workers, alike in study.groupby("workers"):
            speed, batch_size = alike["images_per_second"], alike["batch_size"].iloc[0]
            limits = _with_limits("images_per_second", speed.mean(), *_relative_spread(speed))
            rows.append(
                dict(zip(SCALED, names))
                | {"workers": workers, "batch_size": batch_size, "global_batch_size": workers * batch_size}
                | {"runs": len(alike)}
                | limits
                | {name.replace("second", "second_per_worker"): value / workers for name, value in limits.items()}
                | _efficiency(speed, single, workers)
                | {f"{part}_seconds": alike[f"{part}_seconds"].mean() for part in PARTS}
            )
    return pd.DataFrame(rows, columns=TABLE_COLUMNS).astype({"batch_size": "Int64", "global_batch_size": "Int64"})


def read_study(path: str | Path, study: Sequence[str]) -> pd.DataFrame:
    """Return the rows of one study (its dataset, sample and model) and of all old logs in a file of a scaling table."""
    scaling = pd.read_csv(path, dtype=dict.fromkeys(SCALED, str))
    shown = (scaling[STUDY] == list(study)).all(axis=1) | (scaling["source"] != OURS)
    return scaling[shown]


def _efficiency(speed: pd.Series, single: pd.Series, workers: int) -> dict[str, float]:
    """Return the efficiency of runs against single workers, with its limits."""
    mean = speed.mean() / (workers * single.mean())  # NaN without a single worker
    if workers == 1:
        return {"efficiency": mean, "efficiency_low": mean, "efficiency_high": mean}
    (one, freedom), (other, other_freedom) = _relative_spread(speed), _relative_spread(single)
    return _with_limits("efficiency", mean, float(np.hypot(one, other)), min(freedom, other_freedom))


def _relative_spread(speed: pd.Series) -> tuple[float, int]:
    """Return the standard error of a mean over the mean, NaN for fewer than three values, and degrees of freedom."""
    return (speed.sem() / speed.mean() if len(speed) >= 3 else np.nan), len(speed) - 1


def _with_limits(name: str, mean: float, relative_error: float, freedom: int) -> dict[str, float]:
    """Return a mean and the limits of its 95 % confidence interval."""
    half = np.nan
    if np.isfinite(relative_error):
        from scipy import stats  # whose import takes long

        half = mean * relative_error * stats.t.ppf(0.975, freedom)
    return dict(zip(_limited(name), (mean, mean - half, mean + half)))
