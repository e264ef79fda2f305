"""The images of one simulation, as a group of the published layout."""

from pathlib import Path

import h5py
import numpy as np
from scipy.spatial.transform import Rotation

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.layout import create_sequences
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.image import stretch
from deepgalaxy.logs import progress
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.render import take_images


def camera_rig(cameras: str, seed: int) -> np.ndarray:
    """Return the rotation (3, 3) of all cameras about the centre: none if ``cameras`` is ``fixed``, or if they are
    ``turned`` one that ``seed`` draws uniformly from all rotations."""
    return np.eye(3) if cameras == "fixed" else Rotation.random(rng=derive_seed(seed, "cameras")).as_matrix()


def render_galaxies(
    snapshots: str | Path, group: str, pixels: int, half_width_kpc: float, cameras: str, output: str | Path
) -> None:
    """Write the images that the fourteen cameras take of every snapshot, as the ``group`` of an image file.

    ``snapshots`` is the file that ``simulate_galaxies`` wrote: its attributes become those of the group, and so do the
    rotation of the ``camera_rig`` and, with a value for each snapshot, the places and velocities of the nuclei, their
    ``separation_kpc`` and ``relative_velocity_km_s``, and ``share_inside``, the share of the stars' mass in the images.
    """
    with h5py.File(snapshots) as file:
        positions, masses, t_myr = file["stars"][:], file["masses"][:], file["t_myr"][:]
        attributes = dict(file.attrs)
        nuclei = {name: file[name][:] for name in ("nuclei_kpc", "nuclei_km_s")}
    rig = camera_rig(cameras, int(attributes["seed"]))
    attributes |= nuclei | {
        "separation_kpc": np.linalg.norm(nuclei["nuclei_kpc"][:, 0] - nuclei["nuclei_kpc"][:, -1], axis=1),
        "relative_velocity_km_s": np.linalg.norm(nuclei["nuclei_km_s"][:, 0] - nuclei["nuclei_km_s"][:, -1], axis=1),
        "half_width_kpc": half_width_kpc,
        "camera_rig": rig,
    }
    with whole_hdf5(output) as file:
        images = file.create_group(group)
        images.attrs.update(attributes)
        sequences = create_sequences(images, (pixels, pixels, 1), np.dtype(np.float16), t_myr, CAMERA_COUNT)
        inside = np.empty(len(t_myr), np.float32)
        # Rounded by NumPy: HDF5 (1.14) is slow at it, and makes 0.5 of 0.99997.
        for number, snapshot in enumerate(progress(positions, len(t_myr), "snapshots")):
            taken, inside[number] = take_images(snapshot.astype(np.float64), masses, rig, pixels, half_width_kpc)
            for sequence, image in zip(sequences, taken):
                sequence[number] = stretch(image).astype(np.float16)[:, :, None]
        images.attrs["share_inside"] = inside
