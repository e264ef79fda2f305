"""Vectors of images: those of the encoder-decoder, and the features of networks that were trained to date images."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

from deepgalaxy.evaluation.turns import TurnedImages
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress
from deepgalaxy.observed.features import feature_network
from deepgalaxy.views import VIEWS


def vector_network(variational: keras.Model) -> keras.Model:
    """Return the network from images to ``mean`` and ``log_variance`` (n, latent) of their vectors, and ``pooled``
    (n, channels), the means of their activation maps; from one of ``build_variational``."""
    maps = variational.get_layer("standardised").input
    pooled = layers.GlobalAveragePooling2D()(maps)
    given = {name: variational.output[name] for name in ("mean", "log_variance")} | {"pooled": pooled}
    return keras.Model(variational.inputs, given, name="vectors")


def encode_images(
    variational: keras.Model,
    supervised: Mapping[str, keras.Model],
    prepared: Mapping[str, str | Path],
    output: str | Path,
    batch_size: int,
) -> None:
    """Write the vectors of the images of prepared files, by the names of their splits, of which ``test`` is one.

    The output has a group for each split: ``row`` (n,) in the split table, ``target_myr`` (n,), what ``vector_network``
    gives, float32, and ``features/<name>`` (n, m) of each of the ``supervised`` networks (``feature_network``). The
    group ``test_turned`` has ``mean``, ``pooled`` and the features of the VIEWS of each test image, (VIEWS, n, …),
    numbered as in ``TurnedImages``.
    """
    networks = {"": vector_network(variational)}
    networks |= {f"features/{name}": feature_network(network) for name, network in supervised.items()}
    with whole_hdf5(output) as file:
        for split, path in prepared.items():
            with h5py.File(path) as images:
                group = file.create_group(split)
                for name in ("row", "target_myr"):
                    group[name] = images[name][:]
                _write_vectors(group, networks, images["images"], batch_size)
        with h5py.File(prepared["test"]) as images:
            for view in range(VIEWS):
                _write_vectors(file.require_group("test_turned"), networks, images["images"], batch_size, view)


def _write_vectors(
    group: h5py.Group,
    networks: Mapping[str, keras.Model],
    images: h5py.Dataset,
    batch_size: int,
    view: int | None = None,
) -> None:
    """Write what ``networks`` give for images, by the names of their outputs, or by their own if they have one output;
    of a ``view`` of the images, all but ``log_variance``, to a place among those of the other VIEWS."""
    count = len(images)
    shown = images if view is None else TurnedImages(images, view)
    for start in progress(range(0, count, batch_size), count, "images encoded", amount=lambda _: batch_size):
        batch = slice(start, min(start + batch_size, count))
        read = shown[batch]
        vectors: dict[str, np.ndarray] = {}
        for name, network in networks.items():
            given = network.predict_on_batch(read)
            vectors |= given if isinstance(given, dict) else {name: given}
        for name, values in vectors.items():
            if view is None:
                group.require_dataset(name, (count, *values.shape[1:]), np.float32)[batch] = values
            elif name != "log_variance":
                group.require_dataset(name, (VIEWS, count, *values.shape[1:]), np.float32)[view, batch] = values
