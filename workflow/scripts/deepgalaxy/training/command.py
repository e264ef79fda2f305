"""Train a network, on this process alone or as one of several ranks that ``mpirun`` started.

Standard output is for a person (rank 0's progress, and the reason of a failure), standard error for the log file.
"""

import argparse
import sys
import traceback
from dataclasses import fields
from pathlib import Path

from deepgalaxy.failures import in_one_sentence
from deepgalaxy.lifetime import Process, starters, stop_with
from deepgalaxy.logs import lossy
from deepgalaxy.tensorflow_setup import import_tensorflow
from deepgalaxy.training.options import OBJECTIVES, EncoderShape, TrainingOptions, add_options, reader
from deepgalaxy.training.ranks.watch import STOPPED, Stopped, StopRequest


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Exit status 1, and one sentence on standard output, if training fails; 75 if it was stopped and can be resumed.
    """
    args, options = parse(arguments)
    request = StopRequest()  # before the slow imports, during which a signal would end the process
    stop_with([*starters(), *([Process.parent()] if args.workers > 1 else [])])
    sys.stdout, sys.stderr = lossy(1), lossy(2)
    try:
        import_tensorflow()
        from deepgalaxy.training.run import train

        train(args, options, request, say)
    except Stopped as stopped:
        print(f"train_model: {stopped}", file=sys.stderr)
        sys.exit(STOPPED)
    except Exception as error:
        traceback.print_exc()
        say(in_one_sentence(error))
        sys.exit(1)


def say(text: str) -> None:
    """Print a line for a person."""
    print(f"train_model: {text}", flush=True)


def parse(arguments: list[str] | None) -> tuple[argparse.Namespace, TrainingOptions]:
    """Return the arguments of a run, and the options of its model."""
    parser = argparse.ArgumentParser(prog="deepgalaxy train", description=__doc__)
    _add_files(parser)
    _add_settings_of_the_run(parser)
    add_options(parser)
    add_options(parser.add_argument_group("encoder-decoder"), EncoderShape)
    args = parser.parse_args(arguments)
    return args, TrainingOptions(**{option.name: getattr(args, option.name) for option in fields(TrainingOptions)})


def _add_files(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for what is trained on what."""
    parser.add_argument("--train", type=Path, required=True, help="prepared HDF5 file to train on")
    parser.add_argument("--validation", type=Path, required=True, help="prepared HDF5 file to validate on")
    parser.add_argument("--classes", type=Path, required=True, help="CSV table of the classes, one row for each")
    parser.add_argument(
        "--properties", type=Path, help="CSV table of the properties to predict besides the class; default: none"
    )
    parser.add_argument(
        "--background-file", type=Path, help="HDF5 file of the cut-outs of `background`, as prepare_background makes it"
    )
    parser.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default=OBJECTIVES[0],
        help="what the network is for: to classify images; to make them again from activation maps, as an autoencoder;"
        " or to make the maps of an autoencoder again from a few numbers, as a variational one",
    )
    parser.add_argument(
        "--autoencoder", type=Path, help="file of an autoencoder whose maps are classified, or made again"
    )
    parser.add_argument("--output", type=Path, required=True, help="directory for the model and its records")


def _add_settings_of_the_run(parser: argparse.ArgumentParser) -> None:
    """Add the arguments for how a run goes."""
    parser.add_argument(
        "--workers", type=reader(int, at_least=1), default=1, help="number of ranks that this run must have"
    )
    parser.add_argument(
        "--threads",
        type=reader(int, at_least=1),
        help="cores of each rank; default: the host's, divided among its ranks",
    )
    parser.add_argument(
        "--memory-budget-mib",
        type=reader(int, at_least=0),
        default=1024,
        help="memory for the images that a rank holds; training images that do not fit beside the others are streamed",
    )
    parser.add_argument(
        "--checkpoint-minutes", type=reader(float, at_least=0), default=10, help="time between two checkpoints"
    )
    parser.add_argument(
        "--stall-minutes",
        type=reader(float, above=0),
        default=30,
        help="end a run that makes no progress for this long",
    )
    parser.add_argument(
        "--gpu-memory-mib",
        type=reader(int, at_least=0),
        default=0,
        help="GPU memory of a rank in MiB; 0: grow as needed",
    )
    parser.add_argument(
        "--seed", type=reader(int, at_least=0), default=1, help="seed of weights, order, augmentation and noise"
    )
    parser.add_argument(
        "--allreduce-sweep",
        action="store_true",
        help="before training, time the exchange of arrays of several sizes, and write allreduce.csv",
    )
    parser.add_argument("--launched-by", default="", help="the command that starts the ranks, for the record")
