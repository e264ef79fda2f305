"""What a trained network makes of observed images, and of those that it was trained and validated on."""

from pathlib import Path

import h5py
import keras

from deepgalaxy.evaluation.inference import apply_network, class_probabilities
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.observed.features import feature_network

MOST_IMAGES = 50_000
"""Training images, and validation images, that observed ones are compared with."""


def classify_observed(
    network: keras.Model,
    observed: str | Path,
    train: str | Path,
    validation: str | Path,
    output: str | Path,
    batch_size: int,
) -> None:
    """Write the class probabilities and the features that ``network`` gives to the images of prepared files, which are
    read ``batch_size`` at a time.

    The output holds ``probabilities`` (n, classes) and ``features`` (n, features) of the n observed images, and for
    ``train`` and ``validation`` a group each, with ``features`` and ``row``, the index of each image in the split
    table: of all images, in the order of the file, or of the first MOST_IMAGES, which are a random sample, since the
    images of a prepared file are shuffled. All values are float32.
    """
    features = feature_network(network)
    with whole_hdf5(output) as file:
        with h5py.File(observed) as images:
            count = len(images["images"])
            for name, part, what in (
                ("probabilities", network, "observed images classified"),
                ("features", features, "observed images"),
            ):
                file[name] = class_probabilities(apply_network(part, images["images"], count, what, batch_size))
        for split, prepared in (("train", train), ("validation", validation)):
            with h5py.File(prepared) as images:
                count = min(len(images["images"]), MOST_IMAGES)
                features_of_split = apply_network(features, images["images"], count, f"{split} images", batch_size)
                file[f"{split}/features"] = features_of_split
                file[f"{split}/row"] = images["row"][:count]
