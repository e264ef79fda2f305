"""The figures of merit of one model on one sample, from the files of its trainings and of its calls."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepgalaxy.benchmark.merit import figure_table, read_reference
from deepgalaxy.benchmark.trainings import (
    convergence_table,
    figures_of_latency,
    figures_of_trainings,
    read_training,
)
from deepgalaxy.files import read_json, whole_file
from deepgalaxy.planning.benchmark_runs import digest_of
from deepgalaxy.planning.runs import TRAINED

MADE_BY = ("machine", "threads_per_worker", "ranks", "launcher", "environment", "versions")
"""What ``training.json`` says of where and by what a run was made."""


def benchmark_study(
    runs: Sequence[dict],
    epochs: Sequence[str],
    training: Sequence[str],
    latency: str,
    configuration: dict,
    reference: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Return the table of figures, the table of convergence, and all that these were made of, as JSON can hold it.

    ``runs`` are those of ``benchmark_runs``, with the paths of their ``epochs.jsonl`` and ``training.json``;
    ``latency`` is that of the timed calls, ``reference`` that of an earlier table of figures, if there is one. Raises
    ValueError as ``read_training`` and ``read_reference`` do.
    """
    trainings = [read_training(*files) for files in zip(runs, epochs, training, strict=True)]
    calls, digest = read_json(latency), digest_of(configuration)
    names = {name: runs[0][name] for name in TRAINED}
    figures = [*figures_of_trainings(trainings), *figures_of_latency(calls["calls"])]
    table = figure_table(figures, names, digest, read_reference(reference, digest) if reference else {})
    made_by = read_json(next(path for run, path in zip(runs, training) if run["merit"]))
    of_each = [run | each.as_record() for run, each in zip(runs, trainings)]
    about = {"configuration": digest, "settings": configuration, "trainings": of_each, "latency": calls}
    return table, convergence_table(trainings), about | {name: made_by[name] for name in MADE_BY}


def write_tsv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table with its values between tabs, without its index."""
    with whole_file(path) as whole:
        table.to_csv(whole, sep="\t", index=False)
