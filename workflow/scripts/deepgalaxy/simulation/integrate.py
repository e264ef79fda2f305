"""Self-gravity of collisionless particles over time, with the tree code of REBOUND."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import rebound
from scipy.signal import find_peaks

from deepgalaxy.simulation.galaxy import BULGE, G, Particles

OPENING_ANGLE = 1.0
BOX_KPC = 4000.0  # far beyond anything that escapes: the tree needs a root cell


@dataclass(frozen=True)
class Snapshot:
    """``positions`` (n, 3) in kpc and ``velocities`` (n, 3) in kpc/Myr, float64, relative to the centre of mass."""

    positions: np.ndarray
    velocities: np.ndarray


def steps_per_snapshot(every_myr: float, longest_step_myr: float, size_ratio: float, mass_ratio: float) -> int:
    """Return the number of equal time steps between snapshots.

    The step is shortened with the companion's dynamical time where that is below the primary's: it scales as the square
    root of size cubed over mass.
    """
    dynamical_time_ratio = min(1.0, np.sqrt(size_ratio**3 / mass_ratio))
    return int(np.ceil(every_myr / (longest_step_myr * dynamical_time_ratio) - 1e-9))


def integrate(
    particles: Particles, snapshots: int, every_myr: float, steps: int, softening_kpc: float
) -> Iterator[Snapshot]:
    """Yield ``snapshots`` snapshots, the first at the start, then one each ``every_myr`` after ``steps`` leapfrog
    steps.

    Forces are those of a Barnes-Hut tree with Plummer softening. Such a tree conserves momentum only approximately, so
    the centre of mass is subtracted from what is yielded.
    """
    simulation = rebound.Simulation()
    simulation.G = G
    simulation.root_size = BOX_KPC
    simulation.gravity = "tree"
    simulation.opening_angle2 = OPENING_ANGLE**2
    simulation.softening = softening_kpc
    simulation.integrator = "leapfrog"
    simulation.dt = every_myr / steps
    for mass, position, velocity in zip(particles.masses, particles.positions, particles.velocities):
        simulation.add(
            m=mass,
            **dict(zip(("x", "y", "z"), position)),
            **dict(zip(("vx", "vy", "vz"), velocity)),
        )
    positions = np.empty_like(particles.positions)
    velocities = np.empty_like(particles.velocities)
    for number in range(snapshots):
        if number:
            simulation.steps(steps)
        simulation.serialize_particle_data(xyz=positions, vxvyvz=velocities)
        yield Snapshot(
            positions - np.average(positions, axis=0, weights=particles.masses),
            velocities - np.average(velocities, axis=0, weights=particles.masses),
        )


def total_energy(snapshot: Snapshot, masses: np.ndarray, softening_kpc: float) -> float:
    """Return kinetic plus Plummer-softened potential energy, in 1e10 Msun kpc^2/Myr^2, by direct summation."""
    kinetic = 0.5 * np.sum(masses * np.sum(snapshot.velocities**2, axis=1))
    potential = 0.0
    positions = snapshot.positions.astype(np.float32)
    squares = np.sum(positions**2, axis=1)
    for block in np.array_split(np.arange(len(masses)), max(1, len(masses) // 500)):
        squared_distance = squares[block, None] + squares - 2 * positions[block] @ positions.T
        np.maximum(squared_distance, 0, out=squared_distance)
        inverse = 1 / np.sqrt(squared_distance + softening_kpc**2)
        inverse[np.arange(len(block)), block] = 0
        potential -= 0.5 * G * float(masses[block] @ (inverse @ masses))
    return float(kinetic + potential)


def nuclear_separation(
    snapshot: Snapshot, masses: np.ndarray, component: np.ndarray, is_companion: np.ndarray
) -> float:
    """Return the distance in kpc between the two nuclei: the densest places of each galaxy's bulge."""
    centres = [
        _shrinking_sphere(snapshot.positions[(component == BULGE) & mine], masses[(component == BULGE) & mine])
        for mine in (~is_companion, is_companion)
    ]
    return float(np.linalg.norm(centres[0] - centres[1]))


def _shrinking_sphere(positions: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """Centre of mass inside ever smaller spheres (Power et al. 2003, MNRAS 338, 14, sec. 2.5), from the median."""
    centre = np.median(positions, axis=0)
    for radius in (10.0, 5.0, 2.5, 1.2):
        for _ in range(4):
            inside = np.sum((positions - centre) ** 2, axis=1) < radius**2
            if np.count_nonzero(inside) < 10:
                return centre
            centre = np.average(positions[inside], axis=0, weights=masses[inside])
    return centre


def pericentre_times(t_myr: np.ndarray, separation_kpc: np.ndarray, prominence_kpc: float = 1.0) -> np.ndarray:
    """Return the times in Myr of the pericentric passages: minima of the nuclear separation of some prominence."""
    minima, _ = find_peaks(-separation_kpc, prominence=prominence_kpc)
    return t_myr[minima]
