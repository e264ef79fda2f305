"""A walk through the vector: what the decoders make of the points on the line between two images of one merger."""

from dataclasses import dataclass
from pathlib import Path

import h5py
import keras
import numpy as np
import pandas as pd

from deepgalaxy.encoder.networks import images_from_vectors
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.sample.prepared_file import as_brightness

STEPS = 9


@dataclass(frozen=True)
class Way:
    """The images of one merger along one line of sight, in order of time: their places in a prepared file, ``place``
    (n,), and their times ``t_myr`` (n,)."""

    group: str
    camera: int
    place: np.ndarray
    t_myr: np.ndarray


def choose_way(split: pd.DataFrame, row: np.ndarray) -> Way:
    """Return the way of the merger and camera whose images span the longest time, of a prepared file with these rows
    (n,) of the split table; the first by name, if several do.

    Raises ValueError if no merger has two images with different times.
    """
    images = split.iloc[row].assign(place=np.arange(len(row))).dropna(subset=["target_myr"])
    spans = images.groupby(["group", "camera"])["target_myr"].agg(np.ptp)
    if spans.empty or spans.max() <= 0:
        raise ValueError("No test merger has two images with different times along one line of sight; select more.")
    group, camera = spans.idxmax()
    chosen = images[(images["group"] == group) & (images["camera"] == camera)].sort_values("target_myr")
    return Way(group, int(camera), chosen["place"].to_numpy(), chosen["target_myr"].to_numpy(float))


def walk(
    autoencoder: keras.Model, variational: keras.Model, prepared: str | Path, split: pd.DataFrame, output: str | Path
) -> None:
    """Write STEPS images from the first to the last of the way that ``choose_way`` finds in a ``prepared`` file.

    The output has ``share`` (s,), how far each step is from the vector of the first image to that of the last; the
    time that lies as far between theirs, ``t_myr`` (s,); what is ``decoded`` from the vector there; the ``simulated``
    image nearest in time, with its ``simulated_myr`` (s,), and what is ``rebuilt`` from its own vector; and the
    ``blended`` one, of so much of the last image and
    the rest of the first, pixel by pixel. Images are brightness in [0, 1], float32 (s, pixels, pixels). The attributes
    ``group`` and ``camera`` say whose they are.
    """
    with h5py.File(prepared) as file:
        way = choose_way(split, file["row"][:])
        share = np.linspace(0, 1, STEPS)
        t_myr = way.t_myr[0] + share * (way.t_myr[-1] - way.t_myr[0])
        nearest = np.abs(way.t_myr - t_myr[:, None]).argmin(axis=1)
        stored = np.stack([file["images"][place] for place in way.place[nearest]])
    simulated = as_brightness(stored)[:, :, :, 0]
    own = variational.predict_on_batch(stored)["mean"]
    between = (own[0] + share[:, None] * (own[-1] - own[0])).astype(np.float32)
    decoder = images_from_vectors(autoencoder, variational)
    weight = share[:, None, None]
    with whole_hdf5(output) as file:
        file.attrs.update(group=way.group, camera=way.camera)
        file["share"], file["t_myr"], file["simulated_myr"] = share, t_myr, way.t_myr[nearest]
        file["simulated"] = simulated
        for name, vectors in (("rebuilt", own), ("decoded", between)):
            file[name] = np.asarray(decoder.predict_on_batch(vectors), np.float32)[:, :, :, 0]
        file["blended"] = ((1 - weight) * simulated[0] + weight * simulated[-1]).astype(np.float32)
