"""A trained model's predictions for prepared images."""

from pathlib import Path

import h5py
import keras
import numpy as np

from deepgalaxy.files import whole_file

BATCH_SIZE = 256


def predict_images(network: keras.Model, prepared: str | Path, output: str | Path) -> None:
    """Write the class probabilities that ``network`` gives to every image of a prepared file.

    The output holds ``probabilities`` (n, classes) float32, and ``label``, ``t_myr`` and ``row`` as in the prepared
    file.
    """
    with h5py.File(prepared) as images, whole_file(output) as path, h5py.File(path, "w") as predictions:
        count = len(images["label"])
        probabilities = np.empty((count, network.output_shape[1]), np.float32)
        for start in range(0, count, BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            probabilities[batch] = network.predict_on_batch(images["images"][batch])
        predictions["probabilities"] = probabilities
        for name in ("label", "t_myr", "row"):
            images.copy(name, predictions)
