"""Images as the encoder-decoder makes them again."""

from pathlib import Path

import h5py
import keras
import numpy as np

from deepgalaxy.encoder.networks import images_from_vectors
from deepgalaxy.encoder.ways import WAYS
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import progress


def decode_images(
    autoencoder: keras.Model, variational: keras.Model, prepared: str | Path, output: str | Path, batch_size: int
) -> None:
    """Write all images of a prepared file as they are made again, ``batch_size`` at a time.

    The output holds for each of WAYS the brightness, float16 (n, pixels, pixels), and ``row`` as in the prepared file.
    """
    from_vectors = images_from_vectors(autoencoder, variational)
    made = (autoencoder.output, from_vectors(variational(autoencoder.input)["mean"]))
    network = keras.Model(autoencoder.inputs, dict(zip(WAYS, made)))
    with h5py.File(prepared) as source, whole_hdf5(output) as file:
        images = source["images"]
        file["row"] = source["row"][:]
        written = {way: file.create_dataset(way, images.shape[:3], np.float16) for way in WAYS}
        starts = range(0, len(images), batch_size)
        for start in progress(starts, len(images), "images decoded", amount=lambda _: batch_size):
            batch = slice(start, min(start + batch_size, len(images)))
            given = network.predict_on_batch(images[batch])
            for way, dataset in written.items():
                dataset[batch] = given[way][..., 0].astype(np.float16)  # not by HDF5: see simulation/photograph.py
