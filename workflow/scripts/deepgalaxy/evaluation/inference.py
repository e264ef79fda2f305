"""A trained model's predictions for prepared images."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import Outputs, class_probabilities, is_better, mean_over_turns
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger, progress
from deepgalaxy.targets import Target, places_of


def predict_images(
    network: keras.Model,
    prepared: str | Path,
    output: str | Path,
    batch_size: int,
    turns: int = 1,
    targets: Sequence[Target] = (),
) -> None:
    """Write the class probabilities that ``network`` gives to every image of a prepared file, ``batch_size`` at a time.

    They are the mean over ``turns`` views of each image (``mean_over_turns``). The output holds ``probabilities``
    (n, classes) float32, ``label``, ``target_myr`` and ``row`` as in the prepared file, and ``turns`` as an attribute.
    If the network predicts properties, the group ``properties`` has a group for each of the ``targets`` that are
    learnt, with ``predicted`` (n, m) float32, what its head gives, and ``true`` (n, columns) float32, NaN where it is
    not known.
    """
    with h5py.File(prepared) as images:
        _write_outputs(output, images, _apply_to_views(network, images, batch_size, turns), turns, targets)


def predict_validation(
    network: keras.Model,
    prepared: str | Path,
    output: str | Path,
    batch_size: int,
    turns: int,
    classes: pd.DataFrame,
    targets: Sequence[Target] = (),
) -> int:
    """Write what ``predict_images`` does of validation images, from one view of each or from ``turns``, whichever is
    better there (``is_better``), and return the number of views; the log says how good each is."""
    with h5py.File(prepared) as images:
        label, target_myr, row = (images[name][:] for name in ("label", "target_myr", "row"))
        outputs: dict[int, Outputs] = {}
        scored = {}
        for number in dict.fromkeys((1, turns)):
            outputs[number] = _apply_to_views(network, images, batch_size, number, outputs.get(1))
            scored[number] = Predictions(class_probabilities(outputs[number]), label, target_myr, row)
            logger.info("validation images, %s: %s", _say_views(number), _say_how_good(scored[number], classes))
        chosen = turns if is_better(scored[turns], scored[1], classes) else 1
        logger.info("predictions are from %s", _say_views(chosen))
        _write_outputs(output, images, outputs[chosen], chosen, targets)
    return chosen


def _apply_to_views(
    network: keras.Model, images: h5py.File, batch_size: int, turns: int, upright: Outputs | None = None
) -> Outputs:
    """Return what ``apply_network`` gives for all images of a prepared file, the mean over ``turns`` views; ``upright``
    is what it gave for one view, if that is known."""
    count = len(images["label"])

    def apply(views: Sequence[np.ndarray]) -> Outputs:
        return apply_network(network, views, count, "images classified", batch_size)

    return mean_over_turns(apply, images["images"], turns, upright)


def _write_outputs(
    output: str | Path, images: h5py.File, outputs: Outputs, turns: int, targets: Sequence[Target]
) -> None:
    """Write the file of ``predict_images``."""
    with whole_hdf5(output) as predictions:
        predictions.attrs["turns"] = turns
        predictions["probabilities"] = class_probabilities(outputs)
        for name in ("label", "target_myr", "row"):
            images.copy(name, predictions)
        for target, place in places_of(targets):
            if target.learnt:
                predictions[f"properties/{target.name}/predicted"] = outputs[target.name]
                predictions[f"properties/{target.name}/true"] = images["properties"][:, place]


def _say_views(turns: int) -> str:
    """Return from how many views predictions are, in words."""
    return "one view of each" if turns == 1 else f"the mean over {turns} turned views of each"


def _say_how_good(predictions: Predictions, classes: pd.DataFrame) -> str:
    """Return the figures that ``is_better`` compares, in words."""
    entropy = f"cross-entropy {predictions.cross_entropy():.4f}"
    error = f"median error {predictions.median_error_myr(classes):.2f} Myr, " if predictions.timed.any() else ""
    return error + entropy


def apply_network(
    network: keras.Model, images: Sequence[np.ndarray], count: int, what: str, batch_size: int
) -> Outputs:
    """Return what ``network`` gives for the first ``count`` of ``images`` (n, pixels, pixels, 1): float32, (count, m),
    or a dictionary of such arrays, if the network has several outputs by name.

    The images may be a dataset of an HDF5 file; they are read by batches of ``batch_size``, on which the last bits
    may depend. ``what`` names them in the log.
    """
    several = isinstance(network.output, dict)
    tensors = network.output if several else {"": network.output}
    outputs = {name: np.empty((count, *tensor.shape[1:]), np.float32) for name, tensor in tensors.items()}
    for start in progress(range(0, count, batch_size), count, what, amount=lambda _: batch_size):
        batch = slice(start, min(start + batch_size, count))
        given = network.predict_on_batch(images[batch])
        for name, values in outputs.items():
            values[batch] = given[name] if several else given
    return outputs if several else outputs[""]
