"""The options of a training run: one list for the configuration's ``models`` section and for the command line."""

import argparse
from dataclasses import dataclass, field, fields


def _option(help: str, **kwargs):
    return field(metadata={"help": help}, **kwargs)


@dataclass(frozen=True)
class TrainingOptions:
    """What a model is and how it is trained; the same names and meanings as under ``models`` in the configuration."""

    architecture: str = _option("`reference_cnn`, or the name of a classifier in keras.applications")
    epochs: int = _option("passes over the training images")
    batch_size: int = _option("images per worker and step")
    data_mode: int = _option(
        "-1: every worker holds all images; 0: each holds a fixed share; m > 0: shares are dealt anew every m epochs",
        default=0,
    )
    optimizer: str = _option("name of a Keras optimizer", default="adam")
    learning_rate: float = _option("learning rate of the optimizer", default=0.001)
    noise: float = _option("standard deviation of Gaussian noise added to images in [0, 1]", default=0.0)
    flips: bool = _option("mirror training images at random, in both directions", default=False)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one command-line option for each field of TrainingOptions."""
    for option in fields(TrainingOptions):
        name = "--" + option.name.replace("_", "-")
        required = option.default is option.default_factory  # both are MISSING
        if option.type is bool:
            parser.add_argument(
                name, action=argparse.BooleanOptionalAction, default=option.default, help=option.metadata["help"]
            )
        else:
            parser.add_argument(
                name,
                type=option.type,
                required=required,
                default=None if required else option.default,
                help=option.metadata["help"],
            )


def command_line(model: dict) -> list[str]:
    """Return the arguments that stand for a ``models`` entry of the configuration.

    >>> command_line({"batch_size": 4, "flips": False})
    ['--batch-size=4', '--no-flips']
    """
    arguments = []
    for name, value in model.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{name}" if value else f"--no-{name}")
        else:
            arguments.append(f"--{name}={value}")
    return arguments
