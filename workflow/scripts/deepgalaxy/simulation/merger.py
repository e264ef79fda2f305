"""One merger from configuration to files: its snapshots, then its images."""

from dataclasses import asdict
from pathlib import Path

import h5py
import numpy as np

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.layout import create_group, group_name
from deepgalaxy.files import whole_file
from deepgalaxy.image import stretch
from deepgalaxy.logs import logger, progress
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.galaxy import HALO, GalaxyModel, sample_galaxies
from deepgalaxy.simulation.integrate import (
    integrate,
    nuclear_separation,
    pericentre_times,
    steps_per_snapshot,
    total_energy,
)
from deepgalaxy.simulation.orbit import Encounter, scale_galaxy, set_on_orbit
from deepgalaxy.simulation.render import take_images


def simulate_merger(size_ratio: float, mass_ratio: float, settings: dict, seed: int, output: str | Path) -> None:
    """Integrate one merger and write the positions of its stars at every snapshot.

    ``settings`` is the ``simulation`` section of the configuration. Each galaxy is an independent realisation, and
    orbit and spins are varied within the configured spread, all from ``seed``. The file holds ``positions`` (snapshots,
    stars, 3) float32 in kpc around the centre of mass, ``masses`` (stars,) float64 in 1e10 Msun, ``t_myr`` (snapshots,)
    int32 and ``separation_kpc`` (snapshots,) float64; its attributes describe the encounter.
    """
    primary, companion = sample_galaxies(GalaxyModel(), **settings["particles"], seed=derive_seed(seed, "galaxies"))
    encounter = Encounter(**settings["encounter"]).varied(
        settings["orbit_spread"], settings["spin_spread_deg"], derive_seed(seed, "encounter")
    )
    particles, is_companion = set_on_orbit(primary, scale_galaxy(companion, size_ratio, mass_ratio), encounter)
    logger.info("%d particles are on their orbit", len(particles.masses))

    count, every_myr = settings["snapshots"]["count"], settings["snapshots"]["every_myr"]
    softening_kpc = settings["softening_kpc"]
    steps = steps_per_snapshot(every_myr, settings["longest_step_myr"], size_ratio, mass_ratio)
    stars = particles.component != HALO
    positions = np.empty((count, np.count_nonzero(stars), 3), np.float32)
    separation_kpc = np.empty(count)
    energies = []
    snapshots = integrate(particles, count, every_myr, steps, softening_kpc)
    for number, snapshot in enumerate(progress(snapshots, count, "snapshots")):
        positions[number] = snapshot.positions[stars]
        separation_kpc[number] = nuclear_separation(snapshot, particles.masses, particles.component, is_companion)
        if number in (0, count - 1):
            energies.append(total_energy(snapshot, particles.masses, softening_kpc))
    t_myr = np.arange(count, dtype=np.int32) * every_myr

    with whole_file(output) as path, h5py.File(path, "w") as file:
        file["positions"] = positions
        file["masses"] = particles.masses[stars]
        file["t_myr"] = t_myr
        file["separation_kpc"] = separation_kpc
        file.attrs.update(
            size_ratio=size_ratio,
            mass_ratio=mass_ratio,
            seed=seed,
            particles=len(particles.masses),
            time_step_myr=every_myr / steps,
            relative_energy_error=energies[-1] / energies[0] - 1,
            pericentres_myr=pericentre_times(t_myr, separation_kpc),
            **asdict(encounter),
        )


def render_merger(snapshots: str | Path, pixels: int, half_width_kpc: float, output: str | Path) -> None:
    """Write the images that the fourteen cameras take of every snapshot, as one group of the published schema.

    The simulation's attributes become attributes of the group, and so do two values for each snapshot: the nuclear
    separation in kpc, and the share of the stars' mass within the frame, in the mean over the cameras.
    """
    with h5py.File(snapshots) as file:
        positions, masses, t_myr = file["positions"][:], file["masses"][:], file["t_myr"][:]
        attributes = dict(file.attrs) | {"separation_kpc": file["separation_kpc"][:]}
    images = np.empty((CAMERA_COUNT, len(t_myr), pixels, pixels, 1), np.float16)
    share_inside = np.empty(len(t_myr))
    for number, snapshot in enumerate(progress(positions, len(t_myr), "snapshots")):
        taken, share_inside[number] = take_images(
            snapshot.astype(np.float64), masses, np.eye(3), pixels, half_width_kpc
        )
        images[:, number, :, :, 0] = stretch(taken)
    attributes |= {"half_width_kpc": half_width_kpc, "share_inside": share_inside}
    name = group_name(attributes["size_ratio"], attributes["mass_ratio"])
    with whole_file(output) as path, h5py.File(path, "w") as file:
        create_group(file, name, images, t_myr, attributes)
