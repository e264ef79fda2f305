"""The files that a training run leaves."""

import argparse
import csv
import platform
import shutil
from dataclasses import asdict

import h5py
import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.energy import total_joules
from deepgalaxy.files import whole_file, write_json
from deepgalaxy.machine import describe_machine, recorded_environment
from deepgalaxy.network_memory import NetworkMemory
from deepgalaxy.training.fit import Training
from deepgalaxy.training.model_file import class_count, save_network
from deepgalaxy.training.options import CLASSIFICATION, TrainingOptions
from deepgalaxy.training.ranks.allreduce_sweep import COLUMNS
from deepgalaxy.training.record import (
    EpochRecord,
    time_to_target,
    workers_by_epoch,
    write_records,
    write_train_log,
)


def describe_run(
    args: argparse.Namespace,
    options: TrainingOptions,
    training: Training,
    places: list[dict],
    energies: list[dict[str, float] | None],
) -> dict:
    """Return what ``training.json`` says of a run: its options, where and by what it ran, and what it exchanged.

    ``energies`` are the joules by source that the first rank of each node has measured, None of others; of a run that
    was resumed, they are not all.
    """
    records = training.progress.records
    network, ranks, dealing = training.network, training.ranks, training.train.dealing
    trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
    return {
        "options": asdict(options),
        "seed": args.seed,
        "workers": ranks.size,
        "workers_by_epoch": workers_by_epoch(records),
        "ranks": places,
        "threads_per_worker": tf.config.threading.get_intra_op_parallelism_threads(),
        "launcher": args.launched_by,
        "environment": recorded_environment(),
        "parameters": network.count_params(),
        "memory_bytes": NetworkMemory.measure(network).as_record(),
        "gradient_bytes": trainable * (2 if options.gradient_compression else 4),
        "gradient_buckets": len(training.step.buckets),
        "energy_joules": None if training.resumed else total_joules(node for node in energies if node is not None),
        "objective": args.objective,
        "target": time_to_target(records, options.target),
        "classes": class_count(network) if args.objective == CLASSIFICATION else None,
        "training_images": ranks.size * training.images_per_epoch,
        "training_images_left_over": dealing.left_over,
        "machine": describe_machine(),
        "versions": {"python": platform.python_version()}
        | {library.__name__: library.__version__ for library in (tf, keras, np, h5py)},
    }


def _copy_tables(args: argparse.Namespace) -> None:
    """Write the tables of what a classifier predicts."""
    with whole_file(args.output / "classes.csv") as path:
        shutil.copyfile(args.classes, path)
    if args.properties:
        with whole_file(args.output / "properties.csv") as path:
            shutil.copyfile(args.properties, path)


def write_results(
    args: argparse.Namespace,
    network: keras.Model,
    records: list[EpochRecord],
    sweep: list[tuple[int, int, int, float]],
    run: dict,
) -> None:
    """Write the model, of a classifier its classes and properties, the records of its epochs, and what ``describe_run``
    says; with ``args.allreduce_sweep``, the ``sweep`` too. The model comes last: if it exists, all exist."""
    if args.objective == CLASSIFICATION:
        _copy_tables(args)
    with whole_file(args.output / "epochs.jsonl") as path:
        write_records(records, path)
    with whole_file(args.output / "train_log.txt") as path:
        write_train_log(records, path)
    if args.allreduce_sweep:
        with whole_file(args.output / "allreduce.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *sweep])
    write_json(run, args.output / "training.json")
    with whole_file(args.output / "model.keras") as path:
        save_network(network, path)
