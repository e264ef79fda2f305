"""Settings that are right each by itself and cannot work together."""

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import Any

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, camera_numbers

LINEAR_IS_FOR_SGD = "`learning_rate_scaling: linear` is for SGD only; {} scales its own steps. Use `none` or `sqrt`."
NO_IMAGENET_WEIGHTS = "There are no ImageNet weights for reference_cnn; set `weights` to `none` or to a file."

UNTRAINED = {
    ("time", "time_block"): "time",
    ("time_camera", "time_block"): "time",
    ("time_camera", "line_of_sight"): "camera",
}
"""Tasks with a class for each time or camera, and splits that keep these in one part, so that a class that is tested is
never trained on."""


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


def impossible_combinations(config: dict) -> Iterator[str]:
    """Yield a sentence, with the place, for each combination of settings that cannot work.

    ``config`` keeps to the schema, but what has a default may be missing.
    """
    for name, sample in config["samples"].items():
        task, by = sample["classes"]["task"], sample["split"].get("by", "simulation")
        for unit in [by] if isinstance(by, str) else by:
            if (task, unit) in UNTRAINED:
                yield (
                    f"`samples: {name}` has a class for each {UNTRAINED[task, unit]} (`classes: task: {task}`), none of"
                    f" which is both trained and tested on if it is `split: by: {unit}`; choose other classes or"
                    " another split."
                )
    experiment = config["experiment"]
    workers = max([*experiment["workers"], *config.get("scaling", {}).get("workers", [])])
    models = {name: config["models"][name] for name in experiment["models"] if name in config["models"]}
    samples = {name: config["samples"][name] for name in experiment["samples"] if name in config["samples"]}
    for name, model in models.items():
        for sentence in impossible_options(model, workers):
            yield f"`models: {name}`: {sentence}"
    for (name, model), (where, sample) in product(models.items(), samples.items()):
        by_camera = sample["classes"]["task"] == "time_camera"
        cameras = camera_numbers(sample["selection"]["cameras"]) if by_camera else []
        for sentence in impossible_classes(model, cameras, ordered=not by_camera):
            yield f"`models: {name}` on `samples: {where}`: {sentence}"
