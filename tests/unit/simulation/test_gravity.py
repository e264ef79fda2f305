import sys
from itertools import islice

import numpy as np
import pytest

from deepgalaxy.simulation.gravity import TreeGravity, potential_energy
from deepgalaxy.simulation.integrate import State, leapfrog, total_energy
from deepgalaxy.simulation.model import BULGE, G, Particles

SOFTENING_KPC = 0.3


def direct_sum(positions, masses, softening_kpc):
    """Accelerations (n, 3), and potentials (n,) without each particle's own."""
    offset = positions - positions[:, None]
    distance = np.sqrt((offset**2).sum(axis=2) + softening_kpc**2)
    potential = -G * ((masses / distance).sum(axis=1) - masses / softening_kpc)
    return G * np.einsum("j,ij,ijk->ik", masses, distance**-3, offset), potential


def relative_error(found, exact):
    return np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)


def test_the_tree_pulls_as_direct_summation_does(galaxy):
    found = TreeGravity(galaxy.masses, SOFTENING_KPC).accelerations(galaxy.positions)
    exact, _ = direct_sum(galaxy.positions, galaxy.masses, SOFTENING_KPC)
    error = relative_error(found, exact)
    assert np.median(error) < 0.006
    assert np.percentile(error, 99) < 0.04
    drift = galaxy.masses @ found / (galaxy.masses @ np.linalg.norm(found, axis=1))
    assert np.linalg.norm(drift) < 2e-3


def test_the_tree_is_at_least_as_exact_as_that_of_rebound(galaxy):
    rebound = pytest.importorskip("rebound", reason="the test tools are not installed")
    simulation = rebound.Simulation()
    simulation.G, simulation.gravity, simulation.opening_angle2 = G, "tree", 1.0
    simulation.root_size, simulation.softening = 4000.0, SOFTENING_KPC
    for mass, (x, y, z) in zip(galaxy.masses, galaxy.positions):
        simulation.add(m=mass, x=x, y=y, z=z)
    simulation.integrator, simulation.dt = "leapfrog", 1e-9
    simulation.steps(1)
    theirs = np.array([(p.ax, p.ay, p.az) for p in simulation.particles])
    places = np.array([p.xyz for p in simulation.particles])
    exact, _ = direct_sum(places, np.array([p.m for p in simulation.particles]), SOFTENING_KPC)
    ours, _ = direct_sum(galaxy.positions, galaxy.masses, SOFTENING_KPC)
    error = relative_error(TreeGravity(galaxy.masses, SOFTENING_KPC).accelerations(galaxy.positions), ours)
    assert np.median(error) <= np.median(relative_error(theirs, exact))
    assert np.percentile(error, 99) <= np.percentile(relative_error(theirs, exact), 99)


def test_the_same_bits_on_one_thread_and_on_two(galaxy):
    one, two = (TreeGravity(galaxy.masses, SOFTENING_KPC, threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.accelerations(galaxy.positions), two.accelerations(galaxy.positions))
    energies = [potential_energy(galaxy.positions, galaxy.masses, SOFTENING_KPC, threads) for threads in (1, 2)]
    assert energies[0] == energies[1]


SIMULATE = """
import numpy as np
from deepgalaxy.simulation.gravity import TreeGravity, potential_energy
positions, masses = np.random.default_rng(1).normal(size=(1000, 3)), np.full(1000, 1e-3)
TreeGravity(masses, 0.3, threads=2).accelerations(positions)
potential_energy(positions, masses, 0.3, threads=2)
"""


def test_what_make_setup_compiles_is_all_that_a_simulation_needs(run, tmp_path):
    kept = []
    for code in ("from deepgalaxy.simulation.gravity import compile_all; compile_all()", SIMULATE):
        result = run(sys.executable, "-c", code, env={"NUMBA_CACHE_DIR": str(tmp_path)})
        assert result.returncode == 0, result.stderr
        kept.append(sorted(path.name for path in tmp_path.rglob("*.nbc")))
    assert kept[0] and kept[0] == kept[1]


@pytest.mark.parametrize("n", [1, 2, 17, 300])
def test_few_particles_and_many_in_one_place(n):
    rng = np.random.default_rng(n)
    positions = np.repeat(rng.normal(size=(n, 3)), 20, axis=0)  # more in one place than a leaf takes
    masses = rng.uniform(1, 2, 20 * n)
    found = TreeGravity(masses, 0.1).accelerations(positions)
    exact, potential = direct_sum(positions, masses, 0.1)
    error = np.linalg.norm(found - exact, axis=1)
    assert np.median(error) <= 0.03 * np.linalg.norm(exact, axis=1).mean() + 1e-6
    assert error.max() <= 0.2 * np.linalg.norm(exact, axis=1).mean() + 1e-6
    assert potential_energy(positions, masses, 0.1) == pytest.approx(0.5 * masses @ potential, rel=1e-4)


def test_energy_of_two_softened_particles():
    state = State(np.array([[0.0, 0, 0], [3, 0, 0]]), np.array([[0.0, 0, 0], [0, 2, 0]]))
    expected = 0.5 * 5 * 4 - G * 7 * 5 / np.hypot(3, 4)
    assert total_energy(state, np.array([7.0, 5.0]), 4.0) == pytest.approx(expected, rel=1e-6)


def test_a_circular_orbit_closes():
    separation, masses = 10.0, np.array([3.0, 1.0])
    speed = np.sqrt(G * masses.sum() / separation)
    positions = np.array([[-0.25 * separation, 0, 0], [0.75 * separation, 0, 0]])
    velocities = np.array([[0, -0.25 * speed, 0], [0, 0.75 * speed, 0]])
    pair = Particles(positions, velocities, masses, np.full(2, BULGE, np.int8))
    period = 2 * np.pi * separation / speed
    *_, state = islice(leapfrog(pair, period / 400, 1e-6), 401)
    np.testing.assert_allclose(state.positions, positions, atol=0.02)
