"""A trained model's predictions for prepared images."""

from collections.abc import Sequence
from pathlib import Path

import h5py
import keras
import numpy as np

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress


def predict_images(network: keras.Model, prepared: str | Path, output: str | Path, batch_size: int) -> None:
    """Write the class probabilities that ``network`` gives to every image of a prepared file, ``batch_size`` at a time.

    The output holds ``probabilities`` (n, classes) float32, and ``label``, ``target_myr`` and ``row`` as in the
    prepared file.
    """
    with h5py.File(prepared) as images, whole_hdf5(output) as predictions:
        count = len(images["label"])
        predictions["probabilities"] = apply_network(network, images["images"], count, "images classified", batch_size)
        for name in ("label", "target_myr", "row"):
            images.copy(name, predictions)


def apply_network(
    network: keras.Model, images: Sequence[np.ndarray], count: int, what: str, batch_size: int
) -> np.ndarray:
    """Return what ``network`` gives for the first ``count`` of ``images`` (n, pixels, pixels, 1): float32, (count, m).

    The images may be a dataset of an HDF5 file; they are read by batches of ``batch_size``, on which the last bits
    may depend. ``what`` names them in the log.
    """
    outputs = np.empty((count, network.output_shape[1]), np.float32)
    for start in progress(range(0, count, batch_size), count, what, amount=lambda _: batch_size):
        batch = slice(start, min(start + batch_size, count))
        outputs[batch] = network.predict_on_batch(images[batch])
    return outputs
