"""The options of a training run, defined once.

From this come the part ``models`` of the configuration's schema, by way of it docs/options.md (see
``deepgalaxy.training.describe_options``) and the command line.
"""

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, cast

ARCHITECTURES = (
    "reference_cnn",
    *(f"ConvNeXt{size}" for size in ("Base", "Large", "Small", "Tiny", "XLarge")),
    *(f"DenseNet{layers}" for layers in (121, 169, 201)),
    *(f"EfficientNetB{number}" for number in range(8)),
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "L", "M", "S")),
    *("InceptionResNetV2", "InceptionV3"),
    *("MobileNet", "MobileNetV2", "MobileNetV3Large", "MobileNetV3Small"),
    *("NASNetLarge", "NASNetMobile"),
    *(f"ResNet{layers}{version}" for layers in (50, 101, 152) for version in ("", "V2")),
    *("VGG16", "VGG19", "Xception"),
)
"""The networks that can be built: ours, and the classifiers of keras.applications. A test holds these to Keras, which
takes too long to import where they are checked."""

OPTIMIZERS = (
    *("Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Ftrl", "Lion", "Muon", "Nadam", "RMSprop", "SGD"),
    "ScheduleFreeAdamW",
)
"""The optimizers that Keras knows by these names, likewise."""

OBJECTIVES = (CLASSIFICATION, RECONSTRUCTION, LATENT_BOUND) = ("classification", "reconstruction", "latent_bound")
"""What a network can be trained for (``deepgalaxy.training.objectives``)."""


def _option(
    help: str,
    choices: tuple[str, ...] | None = None,
    at_least: float | None = None,
    above: float | None = None,
    below: float | None = None,
    **kwargs: Any,
) -> Any:
    """Return a field of a dataclass with its help text, its choices and its limits."""
    given = {"at_least": at_least, "above": above, "below": below}
    limits = {name: limit for name, limit in given.items() if limit is not None}
    return field(metadata={"help": help, "choices": choices, "limits": limits}, **kwargs)


@dataclass(frozen=True)
class Architecture:
    """Which network it is."""

    architecture: str = _option(
        "`reference_cnn`, or a classifier of keras.applications, such as `EfficientNetB4`", ARCHITECTURES
    )


@dataclass(frozen=True)
class FitOptions:
    """How a network is trained, whatever it is for; the same names and meanings as in a stage of ``encoders``."""

    epochs: int = _option("passes over the training images", at_least=1)
    batch_size: int = _option("images per worker and step", at_least=1)
    steps_per_epoch: int = _option(
        "batches of each worker after which an epoch ends, each time on other images; 0 takes all images",
        at_least=0,
        default=0,
    )
    optimizer: str = _option(
        "name of a Keras optimizer, such as `adam`, also as Keras spells it, `Adam`",
        (*map(str.lower, OPTIMIZERS), *OPTIMIZERS),
        default="adam",
    )
    optimizer_parameters: dict = _option(
        'further parameters of the optimizer, such as `{"momentum": 0.9}`', default_factory=dict
    )
    learning_rate: float = _option("learning rate of the optimizer for one worker", above=0, default=0.001)
    learning_rate_scaling: str = _option(
        "how the rate grows with the number of workers (times `gradient_accumulation`); `linear` is for SGD only",
        ("none", "linear", "sqrt"),
        default="none",
    )
    learning_rate_schedule: str = _option(
        "course of the rate after the warm-up; `cosine` falls to 0 at the end",
        ("constant", "cosine"),
        default="constant",
    )
    warmup_epochs: float = _option("epochs in which the rate rises from 0", at_least=0, default=0.0)
    noise: float = _option(
        "standard deviation of Gaussian noise added in training to images in [0, 1]", at_least=0, default=0.0
    )
    mirror: bool = _option("mirror each training image, left to right, or not, at random", default=False)
    turn: str = _option(
        "turn training images at random: by multiples of 90 degrees, exactly, or by any angle",
        ("none", "quarter", "any"),
        default="none",
    )
    scale: list = _option(
        "let the scene of a training image appear larger by a factor from this range, uniform in its logarithm",
        above=0,
        default_factory=lambda: [1, 1],
    )
    shift: float = _option(
        "move the scene of a training image, along each axis by up to this fraction of the image's width",
        at_least=0,
        below=1,
        default=0.0,
    )
    blur_kpc: list = _option(
        "blur training images by a Gaussian whose standard deviation, in kpc, is from this range",
        at_least=0,
        default_factory=lambda: [0, 0],
    )
    sky: list = _option(
        "add noise of a standard deviation from this range to the light of training images, in units of the faintest"
        " surface density shown; Gaussian, or that of the `background`",
        at_least=0,
        default_factory=lambda: [0, 0],
    )
    gain: list = _option(
        "multiply the light of training images, not that of the sky, by a factor from this range, uniform in its"
        " logarithm; how bright an observed galaxy is depends on the camera",
        above=0,
        default_factory=lambda: [1, 1],
    )
    data_mode: int = _option(
        "who holds which training images: -1, every worker all of them; 0, each a fixed shard; m > 0, shards are dealt"
        " anew every m epochs; in every mode an epoch takes each image once",
        at_least=-1,
        default=0,
    )
    batch_norm_momentum: float = _option(
        "momentum of the moving statistics of batch normalisation; Keras's 0.99 takes hundreds of updates to settle",
        at_least=0,
        below=1,
        default=0.9,
    )
    synchronised_batch_norm: bool = _option("normalise over the batches of all workers together", default=False)
    gradient_accumulation: int = _option("batches of a worker per update", at_least=1, default=1)
    exchange_bucket_mib: float = _option(
        "gradients are exchanged in groups of this many MiB, each as soon as the backward pass has made it; 0: all of"
        " them together after it; docs/training.md has measurements",
        at_least=0,
        default=1.0,
    )
    gradient_compression: bool = _option("exchange gradients in half precision", default=False)
    precision: str = _option(
        "precision of the arithmetic; weights stay float32",
        ("float32", "mixed_float16", "mixed_bfloat16"),
        default="float32",
    )
    xla: bool = _option("compile the forward and the backward pass with XLA", default=False)
    keep_epoch: str = _option(
        "which epoch's weights the model has; `best` is that of the lowest validation loss",
        ("last", "best"),
        default="last",
    )
    target: float = _option(
        "validation loss, with that of the properties, that ends training; 0: none", at_least=0, default=0.0
    )
    debug: bool = _option("keep a checkpoint of every epoch, and write TensorBoard files with a profile", default=False)


@dataclass(frozen=True)
class TrainingOptions(FitOptions, Architecture):
    """What a model is and how it is trained; the same names and meanings as under ``models`` in the configuration."""

    weights: str = _option(
        "weights to start from: `none`, `imagenet` (downloaded by Keras), or the path of a model.keras file of the same"
        " architecture, without its last layer if classes differ; one under results/models/ is made first",
        default="none",
    )
    head: str = _option(
        "`categorical` scores each class separately; `ordinal`, for classes of time, predicts a place and a width on"
        " their order, so that neighbouring classes go together",
        ("categorical", "ordinal"),
        default="categorical",
    )
    label_smoothing: float = _option(
        "probability that is spread over all classes in the labels that are trained on",
        at_least=0,
        below=1,
        default=0.0,
    )
    background: str = _option(
        "directory of image files, of empty sky or with other galaxies, whose light is added to training images,"
        " turned by quarters at random; empty: none",
        default="",
    )
    encoder: str = _option(
        "entry of `encoders`, with this architecture, whose activation maps are classified; trained first; empty: none",
        default="",
    )
    frozen: bool = _option("leave the layers of the `encoder` as they are", default=True)


@dataclass(frozen=True)
class EncoderShape:
    """How large the parts of an encoder-decoder are, besides its backbone; the same names and meanings as under
    ``encoders`` in the configuration."""

    decoder_filters: tuple = _option(
        "filters of the decoder for each doubling of the maps, the last for images of full size; of too many, the first"
        " are left out",
        at_least=1,
        default=(256, 128, 64, 32, 16),
    )
    latent: int = _option("numbers of the vector", at_least=1, default=16)
    hidden: int = _option("units of each of the two layers between maps and vector", at_least=1, default=256)
    map_channels: int = _option(
        "channels to which maps are reduced before those layers; 0: all are kept", at_least=0, default=0
    )


def default_of(option: Field) -> Any:
    """Return the default of a field of TrainingOptions, or MISSING if it has to be given."""
    return option.default if option.default_factory is MISSING else option.default_factory()


def shown_in_full(option: Field) -> bool:
    """Return whether all that a field of TrainingOptions may be fits into a line: few choices, or no list of them."""
    return len(option.metadata["choices"] or ()) < 10


def type_of(option: Field) -> type:
    """Return the type of a field of TrainingOptions; none of them is a string that names one."""
    return cast(type, option.type)


def add_options(parser: argparse._ActionsContainer, options: type = TrainingOptions) -> None:
    """Add one command-line option for each field of TrainingOptions, or of another of these classes."""
    for option in fields(options):
        name, default = "--" + option.name.replace("_", "-"), default_of(option)
        about: dict[str, Any] = {"required": default is MISSING, "default": None if default is MISSING else default}
        about["help"] = option.metadata["help"]
        if type_of(option) is bool:
            parser.add_argument(name, action=argparse.BooleanOptionalAction, **about)
        else:
            parser.add_argument(
                name,
                type=reader(type_of(option), **option.metadata["limits"]),
                choices=option.metadata["choices"],
                metavar=None if shown_in_full(option) else option.name.upper(),
                **about,
            )


def reader(kind: type, **limits: float) -> Callable[[str], Any]:
    """Return a function that reads a value from the command line: a finite number within ``limits`` (``at_least``,
    ``above``, ``below``), a text, or in JSON a dictionary, a range (``list``), or whole numbers (``tuple``)."""

    def read(text: str) -> Any:
        value = json.loads(text) if kind in (dict, list, tuple) else kind(text)
        if kind is dict and not isinstance(value, dict):
            raise argparse.ArgumentTypeError(f'{text} is not a dictionary in JSON, such as {{"beta_1": 0.8}}')
        if kind is list and not is_range(value):
            raise argparse.ArgumentTypeError(f"{text} is not a range in JSON, such as [0.5, 2]")
        if kind is tuple and not (isinstance(value, list) and all(isinstance(one, int) for one in value)):
            raise argparse.ArgumentTypeError(f"{text} is not a list of whole numbers in JSON, such as [32, 16]")
        for one in value if kind in (list, tuple) else [value]:
            if kind in (float, list) and not math.isfinite(one):
                raise argparse.ArgumentTypeError(f"{text} is not a finite number")
            for limit, number in limits.items():
                within = {"at_least": one >= number, "above": one > number, "below": one < number}[limit]
                if not within:
                    raise argparse.ArgumentTypeError(f"{text} is not {limit.replace('_', ' ')} {number}")
        return tuple(value) if kind is tuple else value

    read.__name__ = kind.__name__  # as argparse calls it in its messages
    return read


def is_range(value: Any) -> bool:
    """Return whether a value is a list of two numbers, the smaller one first, or twice the same."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        and value[0] <= value[1]
    )


def command_line(model: dict[str, Any]) -> list[str]:
    """Return the command-line arguments for a ``models`` entry of the configuration.

    >>> command_line({"batch_size": 4, "mirror": False, "optimizer_parameters": {"beta_1": 0.8}, "sky": [0, 1]})
    ['--batch-size=4', '--no-mirror', '--optimizer-parameters={"beta_1": 0.8}', '--sky=[0, 1]']
    """
    arguments = []
    for name, value in model.items():
        name = name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(f"--{name}" if value else f"--no-{name}")
        else:
            arguments.append(f"--{name}={json.dumps(value) if isinstance(value, dict | list | tuple) else value}")
    return arguments
