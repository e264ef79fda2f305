"""A galaxy is what it is meant to be, and stays so by itself."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from deepgalaxy.simulation.galaxy import circular_speed_squared, distribution_function, sample_galaxy
from deepgalaxy.simulation.integrate import State, angular_momentum, leapfrog, total_energy
from deepgalaxy.simulation.model import BULGE, DISC, HALO, G, GalaxyModel
from deepgalaxy.simulation.orbit import scale_galaxy

SOFTENING_KPC = 0.3
MODEL = GalaxyModel()


def virial_ratio(galaxy):
    """Twice the kinetic over the potential energy: 1 in equilibrium."""
    at_rest = State(galaxy.positions, np.zeros_like(galaxy.velocities))
    potential = total_energy(at_rest, galaxy.masses, SOFTENING_KPC)
    kinetic = total_energy(State(galaxy.positions, galaxy.velocities), galaxy.masses, SOFTENING_KPC) - potential
    return -2 * kinetic / potential


def test_gravitational_constant_is_that_of_the_units():
    # 4.30091e-6 kpc (km/s)^2 / Msun, with 1 kpc/Myr = 977.79 km/s
    assert pytest.approx(4.30091e-6 * 1e10 / 977.79222**2, rel=1e-5) == G


def test_a_galaxy_has_its_masses_and_is_in_equilibrium(galaxy):
    for component, mass in ((DISC, MODEL.disc.mass), (BULGE, MODEL.bulge.mass), (HALO, MODEL.halo.mass)):
        inside = galaxy.masses[galaxy.component == component].sum()
        assert 0.85 * mass < inside <= mass * (1 + 1e-12)
    np.testing.assert_allclose(galaxy.masses @ galaxy.positions, 0, atol=1e-9)
    assert virial_ratio(galaxy) == pytest.approx(1, abs=0.06)
    disc = galaxy.component == DISC
    spin = np.cross(galaxy.positions[disc], galaxy.velocities[disc])
    assert spin[:, 2].mean() > 20 * abs(spin[:, :2].mean(axis=0)).max()


def test_realisations_are_independent_and_repeatable(galaxy):
    again, other = (
        sample_galaxy(MODEL, disc=2000, bulge=400, halo=3600, rng=np.random.default_rng(seed)) for seed in (1, 2)
    )
    np.testing.assert_array_equal(again.velocities, galaxy.velocities)
    assert not np.allclose(other.positions, galaxy.positions)


def test_the_distribution_function_of_a_lone_sphere_is_the_known_one():
    nearly_alone = replace(MODEL, disc=replace(MODEL.disc, mass=1e-9), bulge=replace(MODEL.bulge, mass=1e-9))
    mass, length = MODEL.halo.mass, MODEL.halo.scale_length
    depth = G * mass / length
    q = np.linspace(0.1, 0.98, 20)  # the root of the relative energy over the depth
    # Hernquist 1990, eq. 17
    factor = mass / (8 * np.sqrt(2) * np.pi**3 * length**3 * depth**1.5)
    polynomial = q * np.sqrt(1 - q**2) * (1 - 2 * q**2) * (8 * q**4 - 8 * q**2 - 3)
    exact = factor * (3 * np.arcsin(q) + polynomial) / (1 - q**2) ** 2.5
    np.testing.assert_allclose(distribution_function(MODEL.halo, nearly_alone)(q**2 * depth), exact, rtol=5e-3)


def test_the_halo_moves_as_the_equation_of_jeans_says(galaxy):
    # The radial dispersion of a sphere in the potential of the whole galaxy, by its integral over the radius.
    radii = np.geomspace(1, 1e4, 4000)
    mass = MODEL.mass_within(radii)
    integrand = MODEL.halo.density(radii) * G * mass / radii**2
    pressure = np.flip(np.cumsum(np.flip(integrand * np.gradient(radii))))
    expected = np.sqrt(np.interp(20, radii, pressure / MODEL.halo.density(radii)))
    halo = galaxy.component == HALO
    radius = np.linalg.norm(galaxy.positions[halo], axis=1)
    near = (radius > 15) & (radius < 26)
    radial = np.sum(galaxy.positions[halo] * galaxy.velocities[halo], axis=1)[near] / radius[near]
    assert radial.std() == pytest.approx(expected, rel=0.08)


def test_the_disc_turns_a_little_slower_than_on_circular_orbits(galaxy):
    disc = galaxy.component == DISC
    x, v = galaxy.positions[disc], galaxy.velocities[disc]
    radius = np.hypot(x[:, 0], x[:, 1])
    ring = (radius > 6) & (radius < 9)
    tangential = (x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0])[ring] / radius[ring]
    circular = np.sqrt(circular_speed_squared(MODEL, np.array([7.4])))[0] * 977.79
    assert 180 < circular < 260
    assert 0.9 < tangential.mean() * 977.79 / circular < 1.0


@pytest.mark.parametrize(("size_ratio", "mass_ratio"), [(0.25, 1.5), (1.5, 0.25)])
def test_a_scaled_galaxy_has_the_ratios_and_stays_in_equilibrium(galaxy, size_ratio, mass_ratio):
    scaled = scale_galaxy(galaxy, size_ratio, mass_ratio)
    assert scaled.masses.sum() / galaxy.masses.sum() == pytest.approx(mass_ratio)
    radius, scaled_radius = (np.median(np.linalg.norm(g.positions, axis=1)) for g in (galaxy, scaled))
    assert scaled_radius / radius == pytest.approx(size_ratio)
    # Softening is not scaled, so this holds only nearly.
    assert virial_ratio(scaled) == pytest.approx(1, abs=0.12)


def disc_plane(state, disc):
    """Root mean square distance from the disc's own plane, median radius in it, share of stars that turn with it.

    The disc wobbles in a halo of few particles, so its centre and its axis are taken from its own stars.
    """
    positions = state.positions[disc] - np.median(state.positions[disc], axis=0)
    spin = np.cross(positions, state.velocities[disc])
    axis = np.median(spin, axis=0)
    axis /= np.linalg.norm(axis)
    height = positions @ axis
    radius = np.linalg.norm(positions - np.outer(height, axis), axis=1)
    return np.std(height), np.median(radius), np.mean(spin @ axis > 0)


def test_a_lone_galaxy_stays_what_it_is_for_a_gigayear(galaxy):
    first, *_, last = islice(leapfrog(galaxy, 2.0, SOFTENING_KPC), 501)
    disc, halo = galaxy.component == DISC, galaxy.component == HALO
    height, radius, turning = np.transpose([disc_plane(state, disc) for state in (first, last)])
    assert height[0] == pytest.approx(0.27, abs=0.02)  # sech^2 of scale 0.3 kpc: pi / sqrt(12) times it
    # Halo particles seven times as heavy as the disc's heat it (Ludlow et al. 2021, MNRAS 508, 5114).
    assert height[1] < 1.0 and height[1] < 0.2 * radius[1]
    assert radius[1] == pytest.approx(radius[0], rel=0.12)
    assert turning[1] > 0.93
    half_mass = [np.median(np.linalg.norm(state.positions[halo], axis=1)) for state in (first, last)]
    assert half_mass[1] == pytest.approx(half_mass[0], rel=0.05)
    energies = [total_energy(state, galaxy.masses, SOFTENING_KPC) for state in (first, last)]
    assert energies[1] == pytest.approx(energies[0], rel=0.01)
    spins = [angular_momentum(state, galaxy.masses) for state in (first, last)]
    np.testing.assert_allclose(spins[1], spins[0], atol=0.01 * np.linalg.norm(spins[0]))
    # The bulge wanders within the grainy halo, but the whole does not move.
    assert np.linalg.norm(np.median(last.positions[galaxy.component == BULGE], axis=0)) < 2.5
    np.testing.assert_allclose(galaxy.masses @ last.positions / galaxy.masses.sum(), 0, atol=1e-9)
