"""What an image file holds, and whether it keeps to the published layout."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.cameras import CAMERA_COUNT
from deepgalaxy.image_file import images_name, parse_group_name, times_name
from deepgalaxy.logs import progress

ACCEPTED_DTYPES = ("uint8", "float16", "float32")
SHOWN_VIOLATIONS = 10


def catalogue_dataset(path: str | Path) -> pd.DataFrame:
    """Return one row for each group and camera of an image file, after reading every image of it.

    Columns: group, size_ratio, mass_ratio, camera, snapshots, height, width, channels, dtype, minimum, maximum,
    t_first_myr, t_last_myr, compression, chunk_images (images per chunk, 0 if contiguous).

    Raises ValueError that names each violation of the layout (the first ten, and how many more there are), or says that
    the file is not HDF5.
    """
    if not h5py.is_hdf5(path):
        raise ValueError(f"{path} is not an HDF5 file; check the dataset's `file` in the configuration.")
    rows, violations = [], []
    with h5py.File(path) as file:
        if not len(file):
            violations.append("the file has no groups")
        for name in progress(file, len(file), "groups read"):
            try:
                size_ratio, mass_ratio = parse_group_name(name)
            except ValueError as error:
                violations.append(str(error))
                continue
            for camera in range(CAMERA_COUNT):
                try:
                    row = _describe_camera(file[name], camera)
                except ValueError as error:
                    violations.append(str(error))
                    continue
                rows.append({"group": name, "size_ratio": size_ratio, "mass_ratio": mass_ratio, **row})
    if violations:
        more = len(violations) - SHOWN_VIOLATIONS
        shown = "; ".join(violations[:SHOWN_VIOLATIONS]) + (f"; and {more} more" if more > 0 else "")
        raise ValueError(f"{path} is not a DeepGalaxy image file: {shown}.")
    return pd.DataFrame(rows)


def _describe_camera(group: h5py.Group, camera: int) -> dict:
    """Describe one camera of a group; raise ValueError with the first violation found."""
    images_path, times_path = f"{group.name}/{images_name(camera)}", f"{group.name}/{times_name(camera)}"
    for path in (images_path, times_path):
        if path not in group.file:
            raise ValueError(f"{path} is missing")
    images, t_myr = group.file[images_path], group.file[times_path][:]
    if images.ndim != 4 or images.shape[3] not in (1, 3):
        raise ValueError(f"{images_path} has shape {images.shape}, not (snapshots, height, width, 1 or 3)")
    if images.dtype.name not in ACCEPTED_DTYPES:
        raise ValueError(f"{images_path} is of type {images.dtype}, not one of {', '.join(ACCEPTED_DTYPES)}")
    if len(images) == 0 or t_myr.shape != (len(images),):
        raise ValueError(f"{images_path} has {len(images)} images for times of shape {t_myr.shape}")
    if (np.diff(t_myr) <= 0).any():
        raise ValueError(f"{times_path} does not increase")
    minimum, maximum = np.inf, -np.inf
    for number in range(len(images)):
        try:
            image = images[number]
        except OSError as error:
            raise ValueError(f"{images_path}[{number}] cannot be read: {error}") from error
        if images.dtype != np.uint8 and np.isnan(image).any():
            raise ValueError(f"{images_path}[{number}] has values that are not numbers")
        minimum, maximum = min(minimum, image.min()), max(maximum, image.max())
    if images.dtype != np.uint8 and (minimum < 0 or maximum > 1):
        raise ValueError(f"{images_path} has values from {minimum:g} to {maximum:g}, outside [0, 1]")
    return {
        "camera": camera,
        "snapshots": images.shape[0],
        "height": images.shape[1],
        "width": images.shape[2],
        "channels": images.shape[3],
        "dtype": images.dtype.name,
        "minimum": float(minimum),
        "maximum": float(maximum),
        "t_first_myr": t_myr[0],
        "t_last_myr": t_myr[-1],
        "compression": images.compression or "none",
        "chunk_images": images.chunks[0] if images.chunks else 0,
    }
