"""Train a classifier, on this process alone or as one of several ranks that ``mpirun`` started.

Standard output is for a person (rank 0's progress, and the reason of a failure), standard error for the log file.
"""

import argparse
import json
import os
import platform
import socket
import sys
import traceback
from dataclasses import asdict, fields
from pathlib import Path

from deepgalaxy.files import whole_file
from deepgalaxy.logs import last_line
from deepgalaxy.runtime import configure_tensorflow
from deepgalaxy.training.options import TrainingOptions, add_options


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; end with exit status 1 and one sentence on standard output if training fails."""
    parser = argparse.ArgumentParser(prog="python -m deepgalaxy.train", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="prepared HDF5 file to train on")
    parser.add_argument("--validation", type=Path, required=True, help="prepared HDF5 file to validate on")
    parser.add_argument("--classes", type=Path, required=True, help="CSV table of the classes, one row for each")
    parser.add_argument("--output", type=Path, required=True, help="directory for the model and its records")
    parser.add_argument("--workers", type=int, default=1, help="number of ranks that this run must have")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="cores on this host, for all its ranks")
    parser.add_argument(
        "--memory-budget-mib",
        type=int,
        default=1024,
        help="largest share that a rank holds in memory; a larger one is streamed",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of weights, order and noise")
    add_options(parser)
    args = parser.parse_args(arguments)
    options = TrainingOptions(**{option.name: getattr(args, option.name) for option in fields(TrainingOptions)})
    try:
        train(args, options)
    except Exception as error:
        traceback.print_exc()
        print(f"train_model: {last_line(error)}", flush=True)
        sys.exit(1)


def train(args: argparse.Namespace, options: TrainingOptions) -> None:
    """Train with the arguments of the command line; rank 0 writes the results into ``args.output``."""
    from deepgalaxy.training.ranks import join_ranks

    ranks = join_ranks(args.workers)
    configure_tensorflow(max(1, args.threads // ranks.local_size))
    import h5py
    import keras
    import numpy as np
    import pandas as pd
    import tensorflow as tf

    from deepgalaxy.training.deal import Dealing
    from deepgalaxy.training.fit import TrainingImages, fit
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.record import EpochRecord, write_records, write_train_log
    from deepgalaxy.training.share import Share, validation_slice

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        tf.config.set_visible_devices(gpus[choose_gpu(ranks.local_rank, len(gpus))], "GPU")
    # Every rank has its own noise and flips; the weights are rank 0's.
    keras.utils.set_random_seed((args.seed + ranks.rank) % 2**32)

    with h5py.File(args.train) as file:
        _, pixels, _, _ = file["images"].shape
        dtype = file["images"].dtype.name
    totals = {}
    for path in (args.train, args.validation):
        with h5py.File(path) as file:
            totals[path] = len(file["label"])
        if totals[path] < ranks.size:
            raise ValueError(f"{path} holds {totals[path]} images, too few for {ranks.size} workers.")
    memory_bytes = args.memory_budget_mib * 2**20
    dealing = Dealing(totals[args.train], ranks.size, options.data_mode, args.seed)
    training_images = TrainingImages(args.train, dealing, ranks.rank, memory_bytes)
    part = validation_slice(totals[args.validation], ranks.rank, ranks.size)
    validation_share = Share(args.validation, [part], memory_bytes)
    unused = dealing.total - ranks.size * dealing.share
    classes = pd.read_csv(args.classes)
    network = build_network(options, pixels, dtype, len(classes))

    def say(text: str) -> None:
        if ranks.rank == 0:
            print(f"train_model: {text}", flush=True)

    def report(record: EpochRecord) -> None:
        say(
            f"epoch {record.epoch} of {options.epochs}: loss {record.loss:.3f}, accuracy {record.accuracy:.3f}"
            f" (validation {record.validation_loss:.3f}, {record.validation_accuracy:.3f}),"
            f" {record.images_per_second:.0f} images/s"
        )

    say(
        f"{options.architecture} with {network.count_params():,} parameters on {ranks.size} worker(s), each with"
        f" {dealing.share} images an epoch; {unused} left over"
    )
    records = fit(network, options, training_images, validation_share, ranks, report)

    hosts = ranks.gather(socket.gethostname())
    if ranks.rank == 0:
        run = {
            "options": asdict(options),
            "seed": args.seed,
            "workers": ranks.size,
            "hosts": hosts,
            "threads_per_worker": tf.config.threading.get_intra_op_parallelism_threads(),
            "gpus_per_host": len(gpus),
            "parameters": network.count_params(),
            "classes": len(classes),
            "training_images": ranks.size * dealing.share,
            "training_images_left_over": unused,
            "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
            "versions": {"python": platform.python_version()}
            | {library.__name__: library.__version__ for library in (tf, keras, np, h5py)},
        }
        with whole_file(args.output / "classes.csv") as path:
            classes.to_csv(path, index=False)
        with whole_file(args.output / "epochs.jsonl") as path:
            write_records(records, path)
        with whole_file(args.output / "train_log.txt") as path:
            write_train_log(records, path)
        with whole_file(args.output / "training.json") as path:
            path.write_text(json.dumps(run, indent=2) + "\n")
        with whole_file(args.output / "model.keras") as path:
            network.save(path)


def choose_gpu(local_rank: int, visible: int) -> int:
    """Return which of the ``visible`` GPUs a rank takes: its own by local rank, or the only one its launcher left it.

    Raises ValueError if a host runs more ranks than it has GPUs.
    """
    if visible == 1:
        return 0
    if local_rank >= visible:
        raise ValueError(f"Local rank {local_rank} finds {visible} GPUs; start one rank for each GPU of a host.")
    return local_rank


if __name__ == "__main__":
    main()
