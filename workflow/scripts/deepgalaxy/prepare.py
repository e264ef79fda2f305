"""From images in their native form to what a network reads: one size, one channel, one file for each split."""

from pathlib import Path

import cv2
import h5py
import numpy as np
import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.image_file import images_name
from deepgalaxy.logs import progress


def prepare_image(image: np.ndarray, pixels: int, dtype: str) -> np.ndarray:
    """Return one image, (height, width, channels), as (pixels, pixels) of type uint8 in 0..255 or float16 in [0, 1].

    Channels are averaged; the size is changed by area interpolation, so that brightness is kept.
    """
    grey = image.astype(np.float32).mean(axis=2)
    if image.dtype == np.uint8:
        grey /= 255
    if grey.shape != (pixels, pixels):
        grey = cv2.resize(grey, (pixels, pixels), interpolation=cv2.INTER_AREA)
    return np.rint(grey * 255).astype(np.uint8) if dtype == "uint8" else grey.astype(np.float16)


def prepare_split(
    subset: str | Path, rows: pd.DataFrame, pixels: int, dtype: str, seed: int | None, output: str | Path
) -> None:
    """Write the images of ``rows`` of the split table as contiguous datasets, in an order shuffled by ``seed``, if any.

    The file holds ``images`` (n, pixels, pixels, 1), ``label`` (n,) int32, ``t_myr`` (n,) float32 and ``row`` (n,)
    int64, the index of each image in the split table. Since the images are shuffled once for all, any contiguous slab
    of them is a random sample.
    """
    order = np.arange(len(rows)) if seed is None else np.random.default_rng(seed).permutation(len(rows))
    rows = rows.assign(place=np.argsort(order))
    with whole_file(output) as path, h5py.File(subset) as source, h5py.File(path, "w") as prepared:
        prepared["row"] = rows.index.to_numpy()[order]
        prepared["label"] = rows["label"].to_numpy(np.int32)[order]
        prepared["t_myr"] = rows["t_myr"].to_numpy(np.float32)[order]
        images = prepared.create_dataset("images", (len(rows), pixels, pixels, 1), dtype)
        cameras = rows.groupby(["group", "camera"], sort=False)
        for (group, camera), sequence in progress(cameras, cameras.ngroups, "image sequences"):
            native = source[group][images_name(camera)]
            for snapshot, place in zip(sequence["snapshot"], sequence["place"]):
                images[place, :, :, 0] = prepare_image(native[snapshot], pixels, dtype)
