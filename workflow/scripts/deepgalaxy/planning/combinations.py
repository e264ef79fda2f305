"""Options of a model that are right each by itself and cannot work together, or not with the classes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS

LINEAR_IS_FOR_SGD = "`learning_rate_scaling: linear` is for SGD only; {} scales its own steps. Use `none` or `sqrt`."
NO_IMAGENET_WEIGHTS = "There are no ImageNet weights for reference_cnn; set `weights` to `none` or to a file."


def impossible_options(model: Mapping[str, Any], workers: int) -> Iterator[str]:
    """Yield a sentence for each thing that options of a model cannot do together, by so many workers.

    Options that are missing have their defaults.
    """
    optimizer = model.get("optimizer", "adam")
    if model.get("learning_rate_scaling") == "linear" and optimizer.lower() != "sgd":
        yield LINEAR_IS_FOR_SGD.format(optimizer)
    if model["architecture"] == "reference_cnn" and model.get("weights") == "imagenet":
        yield NO_IMAGENET_WEIGHTS
    if model.get("xla") and model.get("synchronised_batch_norm") and workers > 1:
        yield (
            "`xla` and `synchronised_batch_norm` do not go together on several workers: what XLA has compiled exchanges"
            " nothing between them. Set one of the two to `false`."
        )


def impossible_classes(model: Mapping[str, Any], cameras: Collection[int], ordered: bool) -> Iterator[str]:
    """Yield a sentence for each thing that the options of a model cannot do with the classes.

    ``cameras`` are those that have classes of their own; ``ordered`` says whether each class has a place of its own in
    the order of time. Quarter turns are no mistake: they make no camera's image that of another one, as a mirror does.
    """
    if model.get("head") == "ordinal" and not ordered:
        yield (
            "`head: ordinal` is only for classes that are in order of time, which those of cameras and of isolated"
            " galaxies are not; set `head: categorical`, or choose other classes."
        )
    opposite = [pair for pair in ANTIPODAL_PAIRS if set(pair) <= set(cameras)]
    if model.get("flips") and opposite:
        yield (
            "`flips` turns what a camera sees into what the opposite one sees, such as {:02d} and {:02d}, and each has"
            " classes of its own; set `flips: false`, choose classes of time alone, or select one camera of each line"
            " of sight."
        ).format(*opposite[0])
