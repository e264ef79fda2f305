"""Where a network looks: the pixels that speak for or against a class."""

from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.sample.prepared_file import as_brightness

STEPS = 64
"""Images between black and the real one. Sundararajan et al. find 20 to 300 enough."""
BATCH_SIZE = 8
"""Images in a batch: gradients of a deep network take a hundred times the memory of a large image."""


def integrated_gradients(network: keras.Model, brightness: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return what each pixel of some images adds to the probability of a class, float32 (n, pixels, pixels).

    ``brightness`` is float32 (n, pixels, pixels) in [0, 1], ``classes`` (n,) says which class of each image is asked
    about. Integrated gradients from a black image (Sundararajan, Taly & Yan 2017, ICML, equations 1 and 3): the values
    of an image add up to its probability less that of the black image, up to the error of the integration.
    """
    from_brightness = keras.Model(network.get_layer("brightness").output, network.output)
    attributions = np.zeros_like(brightness)
    fractions = (np.arange(STEPS, dtype=np.float32) + 0.5) / STEPS
    for attribution, image, label in zip(attributions, brightness, classes):
        for some in np.split(fractions, STEPS // BATCH_SIZE):
            path = tf.constant(some[:, None, None, None] * image[None, :, :, None])
            with tf.GradientTape() as tape:
                tape.watch(path)
                probability = tf.reduce_sum(from_brightness(path, training=False)[:, label])
            attribution += image * tape.gradient(probability, path).numpy().sum(axis=0)[:, :, 0] / STEPS
    return attributions


def explain_examples(network: keras.Model, prepared: str | Path, examples: pd.DataFrame, output: str | Path) -> None:
    """Write chosen images of a prepared file, and where the network looks when it names its most probable class.

    ``examples`` has the columns of ``choose_examples``, all of which the output holds as arrays of length n, with
    ``brightness`` and ``attributions``, float32 (n, pixels, pixels).
    """
    places = examples["place"].to_numpy()
    with h5py.File(prepared) as file:
        images = np.array([file["images"][place, :, :, 0] for place in places])
    brightness = as_brightness(images)
    attributions = integrated_gradients(network, brightness, examples["predicted"].to_numpy())
    with whole_hdf5(output) as file:
        file["brightness"], file["attributions"] = brightness, attributions
        for name, column in examples.items():
            file[name] = column.to_list() if name == "kind" else column.to_numpy()
