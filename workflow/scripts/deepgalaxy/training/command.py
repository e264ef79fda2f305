"""Train a classifier, on this process alone or as one of several ranks that ``mpirun`` started.

Standard output is for a person (rank 0's progress, and the reason of a failure), standard error for the log file.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path

from deepgalaxy.files import whole_file, write_json
from deepgalaxy.logs import last_line
from deepgalaxy.planning.code_digest import code_digest
from deepgalaxy.tensorflow_setup import configure_tensorflow, import_tensorflow
from deepgalaxy.training.options import TrainingOptions, add_options
from deepgalaxy.training.ranks.place import check_places, choose_gpu, describe, place_of, visible_gpus
from deepgalaxy.training.ranks.watch import STOPPED, Stopped, StopRequest, Watchdog


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Exit status 1, and one sentence on standard output, if training fails; 75 if it was stopped and can be taken up.
    """
    parser = argparse.ArgumentParser(prog="python -m deepgalaxy.train", description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="prepared HDF5 file to train on")
    parser.add_argument("--validation", type=Path, required=True, help="prepared HDF5 file to validate on")
    parser.add_argument("--classes", type=Path, required=True, help="CSV table of the classes, one row for each")
    parser.add_argument("--output", type=Path, required=True, help="directory for the model and its records")
    parser.add_argument("--workers", type=int, default=1, help="number of ranks that this run must have")
    parser.add_argument("--threads", type=int, help="cores of each rank; default: the host's, shared out to its ranks")
    parser.add_argument(
        "--memory-budget-mib",
        type=int,
        default=1024,
        help="largest share that a rank holds in memory; a larger one is streamed",
    )
    parser.add_argument("--checkpoint-minutes", type=float, default=10, help="time between two checkpoints")
    parser.add_argument(
        "--stall-minutes", type=float, default=30, help="a run in which nothing moves for so long is ended"
    )
    parser.add_argument(
        "--gpu-memory-mib",
        type=int,
        default=0,
        help="GPU memory that a rank may take; 0: as much as it turns out to need",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of weights, order, augmentation and noise")
    parser.add_argument(
        "--allreduce-sweep",
        action="store_true",
        help="first time the exchange of arrays of several sizes, and write allreduce.csv",
    )
    parser.add_argument("--launched-by", default="", help="the command that starts the ranks, for the record")
    add_options(parser)
    args = parser.parse_args(arguments)
    options = TrainingOptions(**{option.name: getattr(args, option.name) for option in fields(TrainingOptions)})
    request = StopRequest()  # before the slow imports, during which a signal would end the process
    try:
        train(args, options, request)
    except Stopped as stopped:
        print(f"train_model: {stopped}", file=sys.stderr)
        sys.exit(STOPPED)
    except Exception as error:
        traceback.print_exc()
        say(last_line(error))
        sys.exit(1)


def say(text: str) -> None:
    """Print a line for a person, who may have left: then nobody reads standard output."""
    with suppress(BrokenPipeError):
        print(f"train_model: {text}", flush=True)


def train(args: argparse.Namespace, options: TrainingOptions, request: StopRequest) -> None:
    """Train with the arguments of the command line; rank 0 writes the results into ``args.output``.

    Raises Stopped if ``request`` asked to stop.
    """
    import_tensorflow()
    from deepgalaxy.training.ranks.communicator import join_ranks

    ranks = join_ranks(args.workers)
    watchdog = Watchdog(60 * args.stall_minutes, ranks.rank)
    configure_tensorflow(args.threads or max(1, os.cpu_count() // ranks.local_size))
    import h5py
    import keras
    import numpy as np
    import tensorflow as tf

    from deepgalaxy.machine import describe_machine, recorded_environment
    from deepgalaxy.training.checkpoints import Checkpoints
    from deepgalaxy.training.data.deal import Dealing
    from deepgalaxy.training.data.shard import Share, validation_slice
    from deepgalaxy.training.fit import Training, TrainingImages
    from deepgalaxy.training.model_file import save_network
    from deepgalaxy.training.network import build_network
    from deepgalaxy.training.ranks.allreduce_sweep import COLUMNS, time_allreduce
    from deepgalaxy.training.record import write_records, write_train_log

    place = place_of(ranks.rank, ranks.local_rank, visible_gpus())
    print(describe(place), file=sys.stderr, flush=True)
    usable = claim_gpu(ranks.local_rank, args.gpu_memory_mib)  # before the ranks exchange anything by TensorFlow
    places = ranks.gather(place)
    check_places(places)
    if place["gpu"] and not usable and ranks.rank == 0:
        say("there are GPUs, but this TensorFlow cannot use them and trains on CPUs; is it a build for CPUs only?")
    sweep = time_allreduce(ranks, watchdog.feed) if args.allreduce_sweep else []
    keras.config.set_dtype_policy(options.precision)
    # Every rank has its own noise and dropout; the weights are rank 0's.
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
    with args.classes.open(newline="") as file:
        columns, *classes = csv.reader(file)
    if options.head == "ordinal" and "camera" in columns:
        raise ValueError("`head: ordinal` is for classes of time alone; set `task: time` or `time_bins`.")
    memory_bytes = args.memory_budget_mib * 2**20
    dealing = Dealing(totals[args.train], ranks.size, options.data_mode, args.seed)
    part = validation_slice(totals[args.validation], ranks.rank, ranks.size)
    unused = dealing.total - ranks.size * dealing.share
    for turn in (True, False):
        # One rank of a host after the others, so that these find what it has downloaded.
        if turn == (ranks.local_rank == 0):
            network = build_network(options, pixels, dtype, len(classes))
        ranks.gather(turn)

    checkpoints = Checkpoints(
        args.output / "checkpoints", fingerprint(args, options), kept=None if options.debug else 2
    )
    training = Training(
        network,
        options,
        TrainingImages(args.train, dealing, ranks.rank, memory_bytes),
        Share(args.validation, [part], memory_bytes),
        ranks,
        seed=args.seed,
        checkpoints=checkpoints,
        checkpoint_seconds=60 * args.checkpoint_minutes,
        say=say if ranks.rank == 0 else lambda text: None,
        feed=watchdog.feed,
        asked_to_stop=lambda: request.signal,
        tensorboard=args.output / "tensorboard" if options.debug and ranks.rank == 0 else None,
    )
    if ranks.rank == 0:
        say(
            f"{options.architecture} with {network.count_params():,} parameters on {ranks.size} worker(s), each with"
            f" {training.images_per_epoch} images an epoch; {unused} left over"
        )
    try:
        records = training.run()
    except Stopped as stopped:
        if ranks.rank == 0:
            say(str(stopped))
        raise

    if ranks.rank == 0:
        trainable = sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
        run = {
            "options": asdict(options),
            "seed": args.seed,
            "workers": ranks.size,
            "ranks": places,
            "threads_per_worker": tf.config.threading.get_intra_op_parallelism_threads(),
            "launcher": args.launched_by,
            "environment": recorded_environment(),
            "parameters": network.count_params(),
            "gradient_bytes": trainable * (2 if options.gradient_compression else 4),
            "gradient_buckets": len(training.step.buckets),
            "classes": len(classes),
            "training_images": ranks.size * training.images_per_epoch,
            "training_images_left_over": unused,
            "machine": describe_machine(),
            "versions": {"python": platform.python_version()}
            | {library.__name__: library.__version__ for library in (tf, keras, np, h5py)},
        }
        with whole_file(args.output / "classes.csv") as path:
            shutil.copyfile(args.classes, path)
        with whole_file(args.output / "epochs.jsonl") as path:
            write_records(records, path)
        with whole_file(args.output / "train_log.txt") as path:
            write_train_log(records, path)
        if args.allreduce_sweep:
            with whole_file(args.output / "allreduce.csv") as path, path.open("w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([COLUMNS, *sweep])
        write_json(run, args.output / "training.json")
        with whole_file(args.output / "model.keras") as path:
            save_network(network, path)
        checkpoints.delete()


def fingerprint(args: argparse.Namespace, options: TrainingOptions) -> str:
    """Return what a run is made of, as one line: another run does not go on from its checkpoints."""
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in (args.train, args.validation)]
    return json.dumps([asdict(options), args.seed, args.workers, files, code_digest("deepgalaxy/train.py")])


def claim_gpu(local_rank: int, memory_mib: int) -> int:
    """Let this process see its own GPU only, if there are any, and return how many TensorFlow can use here.

    It takes memory as it needs it, or ``memory_mib`` at once.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        gpu = gpus[choose_gpu(local_rank, len(gpus))]
        tf.config.set_visible_devices(gpu, "GPU")
        if memory_mib:
            limit = tf.config.LogicalDeviceConfiguration(memory_limit=memory_mib)
            tf.config.set_logical_device_configuration(gpu, [limit])
        else:
            tf.config.experimental.set_memory_growth(gpu, True)
    return len(gpus)


if __name__ == "__main__":
    main()
