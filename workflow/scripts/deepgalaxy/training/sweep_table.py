"""The runs of a sweep beside each other, and which of them is chosen, by validation alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from deepgalaxy.training.record import EpochRecord


def kept_epoch(records: Sequence[EpochRecord], keep_epoch: str) -> EpochRecord:
    """Return the record of the epoch whose weights a model has, by its option ``keep_epoch``."""
    if keep_epoch == "last":
        return records[-1]
    return min(records, key=lambda record: record.validation_loss + record.validation_properties_loss)


def tabulate_sweep(
    runs: Sequence[Mapping[str, Any]], options: Mapping[str, str], kept: Sequence[EpochRecord]
) -> pd.DataFrame:
    """Return a row for each combination of a sweep and each number of workers, the lowest validation loss first.

    ``runs`` are those of one model on one sample, each with the name of its combination, ``model``, its ``workers`` and
    its ``repeat``; ``options`` says by that name what is tried, in words, and ``kept`` has the record of each run's
    ``kept_epoch``.

    - ``workers``, ``model``: number of workers, and name of the combination.
    - ``options``: what is tried, in words.
    - ``repeats``: how many runs the means are of.
    - ``validation_loss``, ``validation_loss_sd``: mean cross-entropy of the classes on the validation images, in nats,
      and its standard deviation (with n - 1; empty for one run).
    - ``validation_accuracy``: mean accuracy on the validation images.
    - ``epoch``: mean number of the epoch that was kept.
    - ``chosen``: true of one row for each number of workers, that of the lowest loss, the first of equals.

    Raises ValueError if no combination has a loss that is a number.
    """
    rows = pd.DataFrame(
        {
            **{name: run[name] for name in ("workers", "model")},
            "options": options[run["model"]],
            "loss": record.validation_loss,
            "accuracy": record.validation_second,
            "epoch": record.epoch,
        }
        for run, record in zip(runs, kept, strict=True)
    )
    # A mean over numbers of which one is none is none.
    table = rows.groupby(["workers", "model", "options"], sort=False, as_index=False).agg(
        repeats=("loss", "size"),
        validation_loss=("loss", lambda losses: losses.mean(skipna=False)),
        validation_loss_sd=("loss", "std"),
        validation_accuracy=("accuracy", "mean"),
        epoch=("epoch", "mean"),
    )
    table = table.sort_values(["workers", "validation_loss"], kind="stable", ignore_index=True)
    table["chosen"] = ~table.duplicated("workers")
    if table.loc[table["chosen"], "validation_loss"].isna().any():
        raise ValueError(
            "No combination of this sweep has a validation loss that is a number, so that none can be chosen; try lower"
            " learning rates."
        )
    return table
