"""A trained model's predictions for prepared images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress
from deepgalaxy.targets import Target, places_of


def predict_images(
    network: keras.Model,
    prepared: str | Path,
    output: str | Path,
    batch_size: int,
    targets: Sequence[Target] = (),
) -> None:
    """Write the class probabilities that ``network`` gives to every image of a prepared file, ``batch_size`` at a time.

    The output holds ``probabilities`` (n, classes) float32, and ``label``, ``target_myr`` and ``row`` as in the
    prepared file. If the network predicts properties, the group ``properties`` has a group for each of the ``targets``
    that are learnt, with ``predicted`` (n, m) float32, what its head gives, and ``true`` (n, columns) float32, NaN
    where it is not known.
    """
    with h5py.File(prepared) as images, whole_hdf5(output) as predictions:
        count = len(images["label"])
        given = apply_network(network, images["images"], count, "images classified", batch_size)
        predictions["probabilities"] = class_probabilities(given)
        for name in ("label", "target_myr", "row"):
            images.copy(name, predictions)
        for target, place in places_of(targets):
            if target.learnt:
                predictions[f"properties/{target.name}/predicted"] = given[target.name]
                predictions[f"properties/{target.name}/true"] = images["properties"][:, place]


def class_probabilities(given: Any) -> Any:
    """Return the class probabilities among what a network gives, which is these or a dictionary with them."""
    return given["probabilities"] if isinstance(given, dict) else given


def apply_network(network: keras.Model, images: Sequence[np.ndarray], count: int, what: str, batch_size: int) -> Any:
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
