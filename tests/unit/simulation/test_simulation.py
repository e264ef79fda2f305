"""The physics: equilibrium galaxies, orbits, conservation laws."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgalaxy.simulation.galaxy import BULGE, DISC, HALO, G, GalaxyModel, Particles, sample_galaxies
from deepgalaxy.simulation.integrate import (
    Snapshot,
    integrate,
    nuclear_separation,
    pericentre_times,
    steps_per_snapshot,
    total_energy,
)
from deepgalaxy.simulation.merger import render_merger, simulate_merger
from deepgalaxy.simulation.orbit import Encounter, scale_galaxy, set_on_orbit

HEAD_ON = Encounter(30, 4.5, 0.9, 15, 20, 60, -30)
SOFTENING_KPC = 0.3


@pytest.fixture(scope="module")
def galaxies():
    return sample_galaxies(GalaxyModel(), disc=2000, bulge=400, halo=1600, seed=1)


def point(mass, position=(0, 0, 0), velocity=(0, 0, 0)):
    return Particles(
        np.array([position], float), np.array([velocity], float), np.array([mass], float), np.array([BULGE], np.int8)
    )


def virial_ratio(galaxy):
    """Twice the kinetic over the potential energy: 1 in equilibrium."""
    at_rest = Snapshot(galaxy.positions, np.zeros_like(galaxy.velocities))
    potential = total_energy(at_rest, galaxy.masses, SOFTENING_KPC)
    kinetic = total_energy(Snapshot(galaxy.positions, galaxy.velocities), galaxy.masses, SOFTENING_KPC) - potential
    return -2 * kinetic / potential


def test_gravitational_constant_is_that_of_the_units():
    # 4.30091e-6 kpc (km/s)^2 / Msun, with 1 kpc/Myr = 977.79 km/s
    assert pytest.approx(4.30091e-6 * 1e10 / 977.79222**2, rel=1e-5) == G


def test_a_galaxy_has_its_masses_and_is_in_equilibrium(galaxies):
    galaxy = galaxies[0]
    model = GalaxyModel()
    for component, mass in ((DISC, model.disc_mass), (BULGE, model.bulge_mass), (HALO, model.halo_mass)):
        inside = galaxy.masses[galaxy.component == component].sum()
        assert 0.85 * mass < inside <= mass * (1 + 1e-12)
    np.testing.assert_allclose(galaxy.masses @ galaxy.positions, 0, atol=1e-9)
    assert virial_ratio(galaxy) == pytest.approx(1, abs=0.06)
    disc = galaxy.component == DISC
    spin = np.cross(galaxy.positions[disc], galaxy.velocities[disc])
    assert spin[:, 2].mean() > 20 * abs(spin[:, :2].mean(axis=0)).max()


def test_realisations_are_independent_and_repeatable(galaxies):
    assert not np.allclose(galaxies[0].positions, galaxies[1].positions)
    state = np.random.get_state()[1].copy()
    again = sample_galaxies(GalaxyModel(), disc=2000, bulge=400, halo=1600, seed=1)
    np.testing.assert_array_equal(again[1].velocities, galaxies[1].velocities)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize(("size_ratio", "mass_ratio"), [(0.25, 1.5), (1.5, 0.25)])
def test_a_scaled_galaxy_has_the_ratios_and_stays_in_equilibrium(galaxies, size_ratio, mass_ratio):
    original, scaled = galaxies[0], scale_galaxy(galaxies[0], size_ratio, mass_ratio)
    assert scaled.masses.sum() / original.masses.sum() == pytest.approx(mass_ratio)
    radius, scaled_radius = (np.median(np.linalg.norm(g.positions, axis=1)) for g in (original, scaled))
    assert scaled_radius / radius == pytest.approx(size_ratio)
    # Softening is not scaled, so this holds only nearly.
    assert virial_ratio(scaled) == pytest.approx(1, abs=0.12)


def test_point_masses_follow_the_kepler_orbit_that_was_asked_for():
    particles, _ = set_on_orbit(point(10.0), point(5.0), HEAD_ON)
    np.testing.assert_allclose(particles.masses @ particles.positions, 0, atol=1e-12)
    np.testing.assert_allclose(particles.masses @ particles.velocities, 0, atol=1e-12)
    snapshots = list(integrate(particles, 200, 1.0, 20, 1e-6))
    distance = [np.linalg.norm(np.diff(snapshot.positions, axis=0)) for snapshot in snapshots]
    assert distance[0] == pytest.approx(30)
    assert distance[0] > distance[1]
    assert min(distance) == pytest.approx(4.5, rel=0.01)
    energies = [total_energy(snapshot, particles.masses, 1e-6) for snapshot in snapshots]
    assert energies[-1] == pytest.approx(energies[0], rel=1e-3)
    # Two bodies of semi-major axis 45 kpc.
    assert energies[0] == pytest.approx(-G * 10 * 5 / (2 * 45), rel=1e-4)


def test_an_orbit_that_does_not_reach_the_start_is_refused():
    with pytest.raises(ValueError, match="does not reach the initial separation of 30 kpc"):
        set_on_orbit(point(1.0), point(1.0), Encounter(30, 2, 0.5, 0, 0, 0, 0))


@given(st.integers(0, 2**32 - 1))
def test_variation_stays_within_its_spread(seed):
    varied = HEAD_ON.varied(0.2, 10, seed)
    assert varied == HEAD_ON.varied(0.2, 10, seed)
    assert varied.separation_kpc == 30
    assert abs(varied.pericentre_kpc / 4.5 - 1) <= 0.2
    assert abs((1 - varied.eccentricity) / 0.1 - 1) <= 0.2 + 1e-9
    assert abs(varied.companion_node_deg + 30) <= 10


def test_no_spread_is_no_variation():
    varied = HEAD_ON.varied(0, 0, 1)
    assert varied.pericentre_kpc == 4.5
    assert varied.eccentricity == pytest.approx(0.9)
    assert varied.companion_node_deg == -30


def test_steps_shorten_with_the_companions_dynamical_time():
    assert steps_per_snapshot(5, 1.0, 1, 1) == 5
    assert steps_per_snapshot(5, 1.0, 1.5, 1) == 5
    assert steps_per_snapshot(5, 1.0, 0.5, 0.5) == 10
    assert steps_per_snapshot(5, 10.0, 1, 1) == 1


def test_energy_of_two_softened_particles():
    snapshot = Snapshot(np.array([[0.0, 0, 0], [3, 0, 0]]), np.array([[0.0, 0, 0], [0, 2, 0]]))
    expected = 0.5 * 5 * 4 - G * 7 * 5 / np.hypot(3, 4)
    assert total_energy(snapshot, np.array([7.0, 5.0]), 4.0) == pytest.approx(expected, rel=1e-6)


def test_a_merger_conserves_energy_and_momentum_and_merges(galaxies):
    primary, companion = galaxies
    particles, is_companion = set_on_orbit(primary, companion, Encounter(30, 4.5, 0.87, 15, 20, 60, -30))
    snapshots = list(integrate(particles, 36, 10, 10, SOFTENING_KPC))
    energies = [total_energy(snapshots[i], particles.masses, SOFTENING_KPC) for i in (0, -1)]
    assert energies[1] == pytest.approx(energies[0], rel=0.02)
    # What a snapshot shows has no momentum left; the tree itself must not have made much either.
    np.testing.assert_allclose(particles.masses @ snapshots[-1].positions, 0, atol=1e-8)
    np.testing.assert_allclose(particles.masses @ snapshots[-1].velocities, 0, atol=1e-8)
    spin = [
        np.sum(particles.masses[:, None] * np.cross(snapshots[i].positions, snapshots[i].velocities), axis=0)
        for i in (0, -1)
    ]
    np.testing.assert_allclose(spin[1], spin[0], atol=0.03 * np.linalg.norm(spin[0]))
    separation = np.array(
        [nuclear_separation(s, particles.masses, particles.component, is_companion) for s in snapshots]
    )
    passages = pericentre_times(np.arange(36) * 10, separation)
    assert separation[0] == pytest.approx(30, abs=1)
    assert 70 <= passages[0] <= 140
    assert separation.max() < 32
    assert separation[-5:].mean() < 4


def disc_plane(snapshot, disc):
    """Median distance from the disc's own plane, median radius within it, and share of stars that rotate with it.

    The disc wobbles in a halo of few particles, so its centre and its axis are taken from its own stars.
    """
    positions = snapshot.positions[disc] - np.median(snapshot.positions[disc], axis=0)
    spin = np.cross(positions, snapshot.velocities[disc])
    axis = np.median(spin, axis=0)
    axis /= np.linalg.norm(axis)
    height = positions @ axis
    radius = np.linalg.norm(positions - np.outer(height, axis), axis=1)
    return np.median(np.abs(height)), np.median(radius), np.mean(spin @ axis > 0)


def test_an_isolated_disc_stays_a_disc(galaxies):
    galaxy = galaxies[0]
    first, *_, last = integrate(galaxy, 36, 10, 10, SOFTENING_KPC)
    height, radius, rotating = np.transpose([disc_plane(s, galaxy.component == DISC) for s in (first, last)])
    assert height[0] == pytest.approx(0.165, abs=0.02)  # sech^2 of scale 0.3 kpc: arctanh(1/2) times it
    # The graininess of so light a halo heats the disc somewhat in 350 Myr.
    assert height[1] < 0.5 and height[1] < 0.1 * radius[1]
    assert radius[1] == pytest.approx(radius[0], rel=0.15)
    assert rotating[1] > 0.95


def test_pericentres_are_the_minima_of_separation():
    t_myr = np.arange(0, 100, 5)
    assert pericentre_times(t_myr, np.abs(t_myr - 40.0) + 2).tolist() == [40]


def test_a_merger_simulated_again_is_the_same_to_the_last_bit(tmp_path):
    settings = {
        "particles": {"disc": 60, "bulge": 20, "halo": 40},
        "snapshots": {"count": 4, "every_myr": 10},
        "longest_step_myr": 5.0,
        "softening_kpc": 0.5,
        "encounter": asdict(HEAD_ON),
        "orbit_spread": 0.1,
        "spin_spread_deg": 10,
    }
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate_merger(1, 0.5, settings, seed, tmp_path / name)
        render_merger(tmp_path / name, 32, 40, tmp_path / f"{name}.images")
    for suffix in ("", ".images"):
        a, b, c = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "abc")
        assert a == b != c
