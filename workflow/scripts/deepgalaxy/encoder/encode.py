"""Vectors of images: those of the encoder-decoder, and the features of networks that were trained to date images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
from keras import layers

from deepgalaxy.evaluation.inference import apply_network
from deepgalaxy.evaluation.turns import TurnedImages
from deepgalaxy.hdf5 import whole_hdf5
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
    vectors = vector_network(variational)
    features = {name: feature_network(network) for name, network in supervised.items()}
    with whole_hdf5(output) as file:
        for split, path in prepared.items():
            with h5py.File(path) as images:
                group = file.create_group(split)
                for name in ("row", "target_myr"):
                    group[name] = images[name][:]
                for name, values in _all_vectors(vectors, features, images["images"], batch_size).items():
                    group[name] = values
        with h5py.File(prepared["test"]) as images:
            _write_turned(file.create_group("test_turned"), vectors, features, images["images"], batch_size)


def _write_turned(
    group: h5py.Group,
    vectors: keras.Model,
    features: Mapping[str, keras.Model],
    images: h5py.Dataset,
    batch_size: int,
) -> None:
    """Write the vectors of all views of images."""
    for view in range(VIEWS):
        for name, values in _all_vectors(vectors, features, TurnedImages(images, view), batch_size).items():
            if name == "log_variance":
                continue
            if name not in group:
                group.create_dataset(name, (VIEWS, *values.shape), values.dtype)
            group[name][view] = values


def _all_vectors(
    vectors: keras.Model, features: Mapping[str, keras.Model], images: Any, batch_size: int
) -> dict[str, Any]:
    """Return the vectors (n, …) of images, by the names that they have in a group."""
    count = len(images)
    given: dict[str, Any] = dict(apply_network(vectors, images, count, "images encoded", batch_size))
    for name, network in features.items():
        given[f"features/{name}"] = apply_network(network, images, count, f"images seen by {name}", batch_size)
    return given
