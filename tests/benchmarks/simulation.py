"""Benchmark of gravity, run by hand: ``python tests/benchmarks/simulation.py [particles …]``.

For this workflow's tree and for that of REBOUND, in turns, on one core: particle steps per second, the error of the
forces against direct summation (median and 99 per cent of 1,000 particles), and the change of the energy over a merger.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import rebound

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.galaxy import sample_galaxy
from deepgalaxy.simulation.gravity import TreeGravity
from deepgalaxy.simulation.integrate import State, leapfrog, total_energy
from deepgalaxy.simulation.model import G, GalaxyModel, Particles
from deepgalaxy.simulation.orbit import Pair, set_on_orbit

SOFTENING_KPC = 0.3
STEP_MYR = 1.0
ENCOUNTER = Encounter(100, 4.5, 0.95, 15, 20, 60, -30)


def main() -> None:
    """Measure both codes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("particles", nargs="*", type=int, default=[20_000, 200_000])
    parser.add_argument("--rounds", type=int, default=5, help="measurements of the speed of each")
    parser.add_argument("--steps", type=int, default=300, help="time steps over which the energy is compared")
    args = parser.parse_args()
    print("| particles | code | ms a step | particle steps / s | force error, median | 99 % | energy error |")
    print("|---|---|---|---|---|---|---|")
    for particles in args.particles:
        measure(particles, args.rounds, args.steps)


def measure(count: int, rounds: int, steps: int) -> None:
    """Print a row for each code, of a merger of ``count`` particles."""
    galaxies = [
        sample_galaxy(GalaxyModel(), count // 5, count // 25, count * 13 // 50, np.random.default_rng(seed))
        for seed in (1, 2)
    ]
    start, _ = set_on_orbit(*galaxies, Pair(GalaxyModel(), 1, 1), ENCOUNTER)
    runs = {"this workflow": our_states(start), "REBOUND": their_states(start)}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for states in runs.values():
        next(states), next(states)  # compiles, and makes a first tree
    for _ in range(rounds):
        for name, states in runs.items():
            begin = time.perf_counter()
            next(states)
            seconds[name].append(time.perf_counter() - begin)
    errors = {
        "this workflow": force_error(start, our_forces(start)),
        "REBOUND": force_error(start, their_forces(start)),
    }
    for name, states in {"this workflow": our_states(start), "REBOUND": their_states(start)}.items():
        *_, last = islice(states, steps + 1)
        first = State(start.positions, start.velocities)
        energies = [total_energy(state, start.masses, SOFTENING_KPC) for state in (first, last)]
        best, (median, most) = min(seconds[name]), errors[name]
        print(
            f"| {len(start.masses):,} | {name} | {1000 * best:.1f} | {len(start.masses) / best:,.0f} | {median:.4f}"
            f" | {most:.4f} | {energies[1] / energies[0] - 1:+.4f} over {steps} Myr |",
            flush=True,
        )


def our_states(start: Particles) -> Iterator[State]:
    """Yield the states of this workflow's integrator."""
    yield from leapfrog(start, STEP_MYR, SOFTENING_KPC)


def our_forces(start: Particles) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the particles (n, 3) and their accelerations there."""
    return start.positions, TreeGravity(start.masses, SOFTENING_KPC).accelerations(start.positions)


def their_simulation(start: Particles, step_myr: float) -> rebound.Simulation:
    """Return a simulation of REBOUND with the settings that this workflow had used."""
    simulation = rebound.Simulation()
    simulation.G, simulation.gravity, simulation.opening_angle2 = G, "tree", 1.0
    simulation.root_size, simulation.softening = 4000.0, SOFTENING_KPC
    simulation.integrator, simulation.dt = "leapfrog", step_myr
    for mass, (x, y, z), (vx, vy, vz) in zip(start.masses, start.positions, start.velocities):
        simulation.add(m=mass, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
    return simulation


def their_states(start: Particles) -> Iterator[State]:
    """Yield the states of REBOUND's leapfrog."""
    simulation = their_simulation(start, STEP_MYR)
    positions, velocities = np.empty_like(start.positions), np.empty_like(start.velocities)
    while True:
        simulation.serialize_particle_data(xyz=positions, vxvyvz=velocities)
        yield State(positions.copy(), velocities - np.average(velocities, axis=0, weights=start.masses))
        simulation.steps(1)


def their_forces(start: Particles) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the particles (n, 3) and their accelerations there, after a step of next to no length."""
    simulation = their_simulation(start, 1e-9)
    simulation.steps(1)
    places = np.array([particle.xyz for particle in simulation.particles])
    return places, np.array([(particle.ax, particle.ay, particle.az) for particle in simulation.particles])


def force_error(start: Particles, found: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Return the median and the 99th percentile of the relative error of accelerations."""
    positions, accelerations = found
    chosen = np.random.default_rng(1).choice(len(positions), 1000, replace=False)
    errors = []
    for index in chosen:
        offset = positions - positions[index]
        pull = start.masses / (np.sum(offset**2, axis=1) + SOFTENING_KPC**2) ** 1.5
        exact = G * pull @ offset
        errors.append(np.linalg.norm(accelerations[index] - exact) / np.linalg.norm(exact))
    return float(np.median(errors)), float(np.percentile(errors, 99))


if __name__ == "__main__":
    main()
