"""Where a network looks: the pixels that speak for or against a class."""

from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from deepgalaxy.evaluation.turns import class_probabilities
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.sample.prepared_file import as_brightness

STEPS = 64
"""Images between black and the real one. Sundararajan et al. find 20 to 300 enough."""


def integrated_gradients(
    network: keras.Model, brightness: np.ndarray, classes: np.ndarray, batch_size: int
) -> np.ndarray:
    """Return what each pixel of some images adds to the probability of a class, float32 (n, pixels, pixels).

    ``brightness`` is float32 (n, pixels, pixels) in [0, 1], ``classes`` (n,) says which class of each image is asked
    about. Integrated gradients from a black image (Sundararajan, Taly & Yan 2017, ICML, equations 1 and 3): the values
    of an image add up to its probability less that of the black image, up to the error of the integration.
    ``batch_size`` of the STEPS are taken at a time; the last bits may depend on it.
    """
    from_brightness = keras.Model(network.get_layer("brightness").output, class_probabilities(network.output))
    attributions = np.zeros_like(brightness)
    fractions = (np.arange(STEPS, dtype=np.float32) + 0.5) / STEPS
    for attribution, image, label in zip(attributions, brightness, classes):
        for start in range(0, STEPS, batch_size):
            some = fractions[start : start + batch_size, None, None, None]
            path = tf.constant(some * image[None, :, :, None])
            with tf.GradientTape() as tape:
                tape.watch(path)
                probability = tf.reduce_sum(from_brightness(path, training=False)[:, label])
            attribution += image * tape.gradient(probability, path).numpy().sum(axis=0)[:, :, 0] / STEPS
    return attributions


def explain_examples(
    network: keras.Model, prepared: str | Path, examples: pd.DataFrame, output: str | Path, batch_size: int
) -> None:
    """Write chosen images of a prepared file, and where the network looks when it names its most probable class.

    ``examples`` has the columns of ``choose_examples``, all of which the output holds as arrays of length n, with
    ``brightness`` and ``attributions``, float32 (n, pixels, pixels); ``batch_size`` as in ``integrated_gradients``. One
    image is held at a time.
    """
    with h5py.File(prepared) as source, whole_hdf5(output) as file:
        images = source["images"]
        shape = (len(examples), *images.shape[1:3])
        written = [file.create_dataset(name, shape, np.float32) for name in ("brightness", "attributions")]
        for number, example in enumerate(examples.itertuples()):
            brightness = as_brightness(images[example.place, :, :, 0])[None]
            attributions = integrated_gradients(network, brightness, np.array([example.predicted]), batch_size)
            for dataset, values in zip(written, (brightness, attributions)):
                dataset[number] = values[0]
        for name, column in examples.items():
            file[name] = column.to_list() if name == "kind" else column.to_numpy()
