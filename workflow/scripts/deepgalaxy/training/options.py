"""The options of a training run: one list for the configuration's ``models`` section and for the command line."""

import argparse
import json
from dataclasses import dataclass, field, fields
from typing import Any


def _option(help: str, choices: tuple[str, ...] | None = None, **kwargs: Any) -> Any:
    return field(metadata={"help": help, "choices": choices}, **kwargs)


@dataclass(frozen=True)
class TrainingOptions:
    """What a model is and how it is trained; the same names and meanings as under ``models`` in the configuration."""

    architecture: str = _option("`reference_cnn`, or the name of a classifier in keras.applications")
    epochs: int = _option("passes over the training images")
    batch_size: int = _option("images per worker and step")
    steps_per_epoch: int = _option("batches of each worker after which an epoch ends; 0: all of its images", default=0)
    weights: str = _option("weights to start from: `none`, `imagenet`, or a model.keras file", default="none")
    head: str = _option(
        "`categorical`: a score for each class; `ordinal`: a place and a width on the ordered classes",
        ("categorical", "ordinal"),
        default="categorical",
    )
    optimizer: str = _option("name of a Keras optimizer", default="adam")
    optimizer_parameters: dict = _option("further parameters of the optimizer", default_factory=dict)
    learning_rate: float = _option("learning rate of the optimizer for one worker", default=0.001)
    learning_rate_scaling: str = _option(
        "how the rate grows with the images to an update: `none`, `linear` (SGD only) or `sqrt`, in the number of"
        " workers times gradient_accumulation",
        ("none", "linear", "sqrt"),
        default="none",
    )
    learning_rate_schedule: str = _option(
        "after the warm-up: `constant`, or down to 0 as a `cosine`", ("constant", "cosine"), default="constant"
    )
    warmup_epochs: float = _option("epochs in which the rate rises from 0", default=0.0)
    label_smoothing: float = _option("probability that is spread over all classes", default=0.0)
    noise: float = _option("standard deviation of Gaussian noise added to images in [0, 1]", default=0.0)
    flips: bool = _option("mirror training images at random, in both directions", default=False)
    quarter_turns: bool = _option("turn training images at random by multiples of 90 degrees", default=False)
    data_mode: int = _option(
        "-1: every worker holds all images; 0: each holds a fixed share; m > 0: shares are dealt anew every m epochs",
        default=0,
    )
    batch_norm_momentum: float = _option("momentum of the moving statistics of batch normalisation", default=0.9)
    synchronised_batch_norm: bool = _option("normalise over the batches of all workers", default=False)
    gradient_accumulation: int = _option("batches of a worker to an update", default=1)
    exchange_bucket_mib: float = _option(
        "gradients travel in groups of so many MiB, each as soon as the backward pass has made it; 0: all at once",
        default=1.0,
    )
    gradient_compression: bool = _option("exchange gradients in half precision", default=False)
    precision: str = _option(
        "of the arithmetic; weights stay float32",
        ("float32", "mixed_float16", "mixed_bfloat16"),
        default="float32",
    )
    xla: bool = _option("compile the forward and the backward pass by XLA", default=False)
    keep_epoch: str = _option(
        "which epoch's weights make the model: the `last`, or the `best` by validation loss",
        ("last", "best"),
        default="last",
    )
    debug: bool = _option("keep a checkpoint of every epoch, and write TensorBoard files with a profile", default=False)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one command-line option for each field of TrainingOptions."""
    for option in fields(TrainingOptions):
        name, help = "--" + option.name.replace("_", "-"), option.metadata["help"]
        required = option.default is option.default_factory  # both are MISSING
        default = None if required else option.default_factory() if option.type is dict else option.default
        if option.type is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=help)
        else:
            kind = json.loads if option.type is dict else option.type
            choices = option.metadata["choices"]
            parser.add_argument(name, type=kind, choices=choices, required=required, default=default, help=help)


def command_line(model: dict[str, Any]) -> list[str]:
    """Return the arguments that stand for a ``models`` entry of the configuration.

    >>> command_line({"batch_size": 4, "flips": False, "optimizer_parameters": {"beta_1": 0.8}})
    ['--batch-size=4', '--no-flips', '--optimizer-parameters={"beta_1": 0.8}']
    """
    arguments = []
    for name, value in model.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{name}" if value else f"--no-{name}")
        else:
            arguments.append(f"--{name}={json.dumps(value) if isinstance(value, dict) else value}")
    return arguments
