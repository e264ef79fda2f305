"""A training run, from its arguments to the files that it leaves."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict

import keras

from deepgalaxy.energy import EnergyMeter
from deepgalaxy.planning.code_digest import code_digest, library_versions
from deepgalaxy.planning.combinations import (
    blur_of_unknown_width,
    impossible_classes,
    impossible_moves,
    impossible_options,
)
from deepgalaxy.tensorflow_setup import configure_tensorflow
from deepgalaxy.training.checkpoints import Checkpoints
from deepgalaxy.training.data.augment import Augmentation, Ranges, read_background
from deepgalaxy.training.data.deal import Dealing
from deepgalaxy.training.data.prepared import PreparedData
from deepgalaxy.training.data.shard import images_of_rank
from deepgalaxy.training.fit import Callbacks, Training
from deepgalaxy.training.lock import lock_run
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.ranks.allreduce_sweep import time_allreduce
from deepgalaxy.training.ranks.communicator import Ranks, join_ranks
from deepgalaxy.training.ranks.place import check_places, claim_gpu, describe, place_of, visible_gpus
from deepgalaxy.training.ranks.watch import Stopped, StopRequest, Watchdog
from deepgalaxy.training.results import describe_run, write_results
from deepgalaxy.training.stages import choose_stage, shape_of
from deepgalaxy.training.tensorboard import TensorBoard


def train(args: argparse.Namespace, options: TrainingOptions, request: StopRequest, say: Callable[[str], None]) -> None:
    """Train with the arguments of the command line; rank 0 says how it goes and writes the results to ``args.output``,
    which no other training does at the same time.

    Raises Stopped if ``request`` asked to stop, and ValueError for what cannot be trained.
    """
    ranks = join_ranks(args.workers)
    if ranks.rank:
        train_rank(args, options, request, ranks, lambda _: None)
    else:
        with lock_run(args.output, say):
            train_rank(args, options, request, ranks, say)


def train_rank(
    args: argparse.Namespace,
    options: TrainingOptions,
    request: StopRequest,
    ranks: Ranks,
    tell: Callable[[str], None],
) -> None:
    """Train as one of some ranks, as ``train`` says."""
    watchdog = Watchdog(60 * args.stall_minutes, ranks.rank)
    configure_tensorflow(args.threads or max(1, (os.cpu_count() or 1) // ranks.local_size))
    places = take_places(ranks, args.gpu_memory_mib, tell)
    sweep = time_allreduce(ranks, watchdog.heartbeat) if args.allreduce_sweep else []
    keras.config.set_dtype_policy(options.precision)
    # Every rank has its own noise and dropout; the weights are rank 0's.
    keras.utils.set_random_seed((args.seed + ranks.rank) % 2**32)

    data = PreparedData.read(args.train, args.validation, args.classes)
    data.check(ranks.size)
    refuse_impossible(options, data, ranks.size)
    dealing = Dealing(data.training_images, ranks.size, options.data_mode, args.seed)
    augmentation = augmentation_of(args, options, data)
    objective, build = choose_stage(args, options, data, ranks, watchdog.heartbeat)
    network = in_turn(ranks, build)
    checkpoints = Checkpoints(
        args.output / "checkpoints",
        fingerprint(args, options),
        ranks.size,
        kept=None if options.debug else 2,
        every_seconds=60 * args.checkpoint_minutes,
    )
    meter = EnergyMeter() if ranks.local_rank == 0 else None  # one for each node

    def heartbeat() -> None:
        watchdog.heartbeat()
        if meter:
            meter.sample()

    training = Training(
        network,
        options,
        *images_of_rank(data, dealing, ranks.rank, args.memory_budget_mib * 2**20, augmentation, objective.columns),
        ranks,
        checkpoints=checkpoints,
        callbacks=Callbacks(tell, heartbeat, lambda: request.signal),
        tensorboard=TensorBoard(args.output / "tensorboard") if options.debug and ranks.rank == 0 else None,
        objective=objective,
    )
    tell(
        f"{network.name} with {network.count_params():,} parameters on {ranks.size} worker(s), each with"
        f" {training.images_per_epoch} images an epoch; {dealing.left_over} left over"
    )
    try:
        records = training.run()
    except Stopped as stopped:
        tell(str(stopped))
        raise
    energies = ranks.gather(None if meter is None else meter.joules())
    if ranks.rank == 0:
        write_results(args, network, records, sweep, describe_run(args, options, training, places, energies))
        checkpoints.delete()


def refuse_impossible(options: TrainingOptions, data: PreparedData, workers: int) -> None:
    """Raise ValueError if the options do not go together, or not with the classes or so many workers."""
    model = asdict(options)
    for sentence in impossible_options(model, workers):
        raise ValueError(sentence)
    for sentence in impossible_classes(model, data.classes_cameras, data.classes_ordered):
        raise ValueError(sentence)
    sight = data.sight
    for sentence in impossible_moves(model, sight.shape, bool(sight.oversampling)):
        raise ValueError(sentence)
    for sentence in blur_of_unknown_width(model, sight.half_width_kpc is not None):
        raise ValueError(sentence)


def augmentation_of(args: argparse.Namespace, options: TrainingOptions, data: PreparedData) -> Augmentation:
    """Return what is done to the training images."""
    given = (options.scale, options.blur_kpc, options.sky, options.gain)
    scale, blur_kpc, sky, gain = ((low, high) for low, high in given)
    ranges = Ranges(options.mirror, options.turn, scale, options.shift, blur_kpc, sky, gain)
    background = read_background(args.background_file, data.pixels) if options.background else None
    return Augmentation(ranges, data.sight, args.seed, background)


def take_places(ranks: Ranks, gpu_memory_mib: int, say: Callable[[str], None]) -> list[dict]:
    """Let this rank take its GPU, if there are any, and return where all ranks run (``place_of``).

    To be called before the ranks exchange any tensors. Raises ValueError if two ranks take the same GPU.
    """
    place = place_of(ranks.rank, ranks.local_rank, visible_gpus())
    print(describe(place), file=sys.stderr, flush=True)
    usable = claim_gpu(ranks.local_rank, gpu_memory_mib)
    places = ranks.gather(place)
    check_places(places)
    if place["gpu"] and not usable:
        say("there are GPUs, but this TensorFlow cannot use them and trains on CPUs; is it a build for CPUs only?")
    if usable and not ranks.between_gpus:
        say("this Horovod has no NCCL: GPUs exchange through the host's memory, which is slow (`make setup GPU=nccl`)")
    return places


def in_turn(ranks: Ranks, build: Callable[[], keras.Model]) -> keras.Model:
    """Return what ``build`` returns; one rank of a host calls it first, and the others find what it has downloaded."""
    for turn in (True, False):
        if turn == (ranks.local_rank == 0):
            built = build()
        ranks.gather(turn)
    return built


def fingerprint(args: argparse.Namespace, options: TrainingOptions) -> str:
    """Return what a run is made of, as one line: a run resumes only from matching checkpoints. How many workers there
    are is not a part of it, since between epochs another number may go on."""
    read = [args.train, args.validation, *([args.background_file] if options.background else [])]
    read += [args.autoencoder] if args.autoencoder else []
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in read]
    code = [code_digest("deepgalaxy/train.py"), *library_versions("deepgalaxy/train.py")]
    return json.dumps([asdict(options), args.objective, asdict(shape_of(args)), args.seed, files, code])
