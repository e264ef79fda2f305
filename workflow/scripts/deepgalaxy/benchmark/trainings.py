"""What the trainings to a target say: figures of merit, and how the number of workers bears on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepgalaxy.benchmark.merit import HIGHER, LOWER, NOT_REACHED, Figure, of_runs, without_extremes
from deepgalaxy.files import read_json
from deepgalaxy.scaling.counted_epochs import after_warm_up
from deepgalaxy.scaling.throughput import read_run, summarise_throughput
from deepgalaxy.training.learning_rate import scaled_rate
from deepgalaxy.training.options import TrainingOptions


@dataclass(frozen=True)
class Training:
    """One training: its ``workers``, ``scaling`` and whether it counts for the figures (``merit``); ``options``;
    ``epochs`` and ``seconds`` until the target, None if it was not reached; the validation ``accuracy`` of the last
    epoch; ``images_per_second`` after the warm-up; ``joules``, None if they were not measured."""

    workers: int
    scaling: str
    merit: bool
    options: TrainingOptions
    epochs: int | None
    seconds: float | None
    accuracy: float
    images_per_second: float
    joules: float | None

    def as_record(self) -> dict:
        """Return what was measured, by name, as JSON can hold it."""
        return {name: getattr(self, name) for name in ("epochs", "seconds", "accuracy", "images_per_second", "joules")}


def read_training(run: dict, epochs: str, training: str) -> Training:
    """Return what a run of ``benchmark_runs`` says in its ``epochs.jsonl`` and ``training.json``.

    Raises ValueError as ``read_run`` does, if it was trained by another number of workers.
    """
    records, about = read_run(epochs, run["workers"]), read_json(training)
    return Training(
        **{name: run[name] for name in ("workers", "scaling", "merit")},
        options=TrainingOptions(**about["options"]),
        epochs=about["target"]["epochs"],
        seconds=about["target"]["seconds"],
        accuracy=records[-1].validation_second,
        images_per_second=summarise_throughput(after_warm_up(records))["images_per_second"],
        joules=sum(about["energy_joules"].values()) if about["energy_joules"] else None,
    )


def figures_of_trainings(trainings: Sequence[Training]) -> list[Figure]:
    """Return the figures of merit of the trainings that count for them."""
    runs = [training for training in trainings if training.merit]
    return [
        of_runs("images_per_second", "images/s", HIGHER, [run.images_per_second for run in runs]),
        of_runs("seconds_to_target", "s", LOWER, [run.seconds for run in runs], NOT_REACHED),
        of_runs("epochs_to_target", "epochs", LOWER, [run.epochs for run in runs], NOT_REACHED),
        of_runs("joules_to_target", "J", LOWER, [run.joules if run.epochs else None for run in runs]),
    ]


def figures_of_latency(latencies: Sequence[dict]) -> list[Figure]:
    """Return the figures of merit of ``measure_latency``; each percentile is of one series of calls."""
    return [
        Figure(f"latency_{name.removesuffix('_ms')}_batch_{each['batch']}", "ms", LOWER, (each[name],), 1)
        for each in latencies
        for name in each
        if name.endswith("_ms")
    ]


def convergence_table(trainings: Sequence[Training]) -> pd.DataFrame:
    """Return a row for each number of workers and scaling of the learning rate, at the same batch for each worker: the
    ``learning_rate`` that this makes, how many of the ``runs`` have ``reached`` the target, and, as means without the
    best and the worst run, ``epochs_to_target``, ``seconds_to_target`` (empty if one that is left did not get there),
    ``validation_accuracy`` at the end and ``images_per_second``."""
    groups: dict[tuple, list[Training]] = {}
    for training in trainings:
        groups.setdefault((training.workers, training.scaling), []).append(training)
    rows = []
    for (workers, scaling), runs in groups.items():
        options = runs[0].options
        rows.append(
            {"workers": workers, "learning_rate_scaling": scaling, "learning_rate": scaled_rate(options, workers)}
            | {"batch_size": options.batch_size, "global_batch_size": workers * options.batch_size}
            | {"runs": len(runs), "reached": sum(run.epochs is not None for run in runs)}
            | {
                "epochs_to_target": _mean([run.epochs for run in runs], LOWER),
                "seconds_to_target": _mean([run.seconds for run in runs], LOWER),
                "validation_accuracy": _mean([run.accuracy for run in runs], HIGHER),
                "images_per_second": _mean([run.images_per_second for run in runs], HIGHER),
            }
        )
    return pd.DataFrame(rows)


def _mean(values: Sequence[float | None], better: str) -> float:
    """Return the mean without the best and the worst, NaN if one of the others is None."""
    return float(np.mean([np.nan if value is None else value for value in without_extremes(values, better)]))
