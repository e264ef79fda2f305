"""Self-gravity of collisionless particles over time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from deepgalaxy.simulation.gravity import TreeGravity, potential_energy
from deepgalaxy.simulation.model import Particles


@dataclass(frozen=True)
class State:
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


def leapfrog(particles: Particles, step_myr: float, softening_kpc: float, threads: int = 1) -> Iterator[State]:
    """Yield the state at the start, then after each time step, without end.

    Forces are those of ``TreeGravity``, whose mean is taken out, since a tree conserves momentum only approximately:
    the centre of mass stays at rest to rounding. Kick, drift, kick. The result does not depend on ``threads``.
    """
    gravity = TreeGravity(particles.masses, softening_kpc, threads)
    weights = particles.masses / particles.masses.sum()
    positions = particles.positions - weights @ particles.positions
    velocities = particles.velocities - weights @ particles.velocities

    def accelerations() -> np.ndarray:
        pull = gravity.accelerations(positions)
        return pull - weights @ pull

    acceleration = accelerations()
    while True:
        yield State(positions.copy(), velocities.copy())
        velocities += 0.5 * step_myr * acceleration
        positions += step_myr * velocities
        acceleration = accelerations()
        velocities += 0.5 * step_myr * acceleration


def kinetic_energy(state: State, masses: np.ndarray) -> float:
    """Return the kinetic energy in 1e10 Msun kpc^2/Myr^2."""
    return float(0.5 * np.sum(masses * np.sum(state.velocities**2, axis=1)))


def total_energy(state: State, masses: np.ndarray, softening_kpc: float, threads: int = 1) -> float:
    """Return kinetic plus Plummer-softened potential energy, in 1e10 Msun kpc^2/Myr^2, by direct summation."""
    return kinetic_energy(state, masses) + potential_energy(state.positions, masses, softening_kpc, threads)


def angular_momentum(state: State, masses: np.ndarray) -> np.ndarray:
    """Return the total angular momentum (3,) about the centre of mass, in 1e10 Msun kpc^2/Myr."""
    return masses @ np.cross(state.positions, state.velocities)
