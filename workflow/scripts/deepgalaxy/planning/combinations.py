"""Options of a model that are right each by itself and cannot work together, or not with the classes."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS

LINEAR_IS_FOR_SGD = "`learning_rate_scaling: linear` is for SGD only; {} scales its own steps. Use `none` or `sqrt`."
MOVES: dict[str, Any] = {"turn": "none", "scale": [1, 1], "shift": 0}
"""Options that show what lies outside the upright image, unless they have these values, or turns are by quarters."""
LIGHT: dict[str, Any] = {"blur_kpc": [0, 0], "sky": [0, 0], "gain": [1, 1], "background": ""}
"""Other options for which images are made anew from their frames."""
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


def impossible_moves(model: Mapping[str, Any], shape: str, oversampled: bool) -> Iterator[str]:
    """Yield a sentence for each thing that a model's augmentation cannot do with images as they are prepared.

    ``shape`` is ``square`` or ``disc``; ``oversampled`` says whether there are frames to take the images from. Options
    that are missing have their defaults.
    """
    beyond = [f"`{name}`" for name, unset in MOVES.items() if model.get(name, unset) not in (unset, "quarter")]
    resampled = beyond + [f"`{name}`" for name, unset in LIGHT.items() if model.get(name, unset) != unset]
    if resampled and not oversampled:
        yield (
            f"images are made anew from their frames for {', '.join(resampled)}, and the sample has none; set `images:"
            " oversampling`, such as 2."
        )
    if beyond and shape != "disc":
        yield (
            f"the corners of a square image would show what was done to it by {', '.join(beyond)}; set `images: shape:"
            " disc` of the sample."
        )
    if model.get("background") and model.get("sky", [0, 0])[1] == 0:
        yield (
            "`background` is shown as bright as `sky` says, by the noise in it, and `sky` is [0, 0]; set it, such as"
            " to [0, 1]."
        )


def blur_of_unknown_width(model: Mapping[str, Any], field_known: bool) -> Iterator[str]:
    """Yield a sentence if a model's images are to be blurred by kpc and it is not known how many they show."""
    if model.get("blur_kpc", [0, 0]) != [0, 0] and not field_known:
        yield (
            "`blur_kpc` needs to know how many kpc the images show, which the dataset does not record; set"
            " `blur_kpc: [0, 0]`."
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
    if model.get("mirror") and opposite:
        yield (
            "`mirror` turns what a camera sees into what the opposite one sees, such as {:02d} and {:02d}, and each has"
            " classes of its own; set `mirror: false`, choose classes of time alone, or select one camera of each line"
            " of sight."
        ).format(*opposite[0])
