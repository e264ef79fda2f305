"""Orbits, and the encounters that start on them."""

from dataclasses import dataclass
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.integrate import leapfrog, total_energy
from deepgalaxy.simulation.model import BULGE, G, GalaxyModel, Particles
from deepgalaxy.simulation.orbit import Pair, set_on_orbit, starting_distance

ENCOUNTER = Encounter(100, 4.5, 0.9, 15, 20, 60, -30)


@dataclass(frozen=True)
class Points:
    """Two point masses."""

    mass: float

    def mass_within(self, _distance):
        return self.mass


def point(mass):
    return Particles(np.zeros((1, 3)), np.zeros((1, 3)), np.array([mass]), np.array([BULGE], np.int8))


@pytest.mark.parametrize("eccentricity", [0.9, 1.0, 1.1])
def test_point_masses_reach_their_pericentre_when_they_should(eccentricity):
    encounter = Encounter(100, 4.5, eccentricity, 0, 0, 0, 0)
    particles, is_companion = set_on_orbit(point(10.0), point(5.0), Points(15.0), encounter)
    assert is_companion.tolist() == [False, True]
    np.testing.assert_allclose(particles.masses @ particles.positions, 0, atol=1e-12)
    np.testing.assert_allclose(particles.masses @ particles.velocities, 0, atol=1e-12)
    states = list(islice(leapfrog(particles, 0.05, 1e-6), 4000))
    distance = np.array([np.linalg.norm(np.diff(state.positions, axis=0)) for state in states])
    assert distance[0] > distance[1]
    assert distance.argmin() * 0.05 == pytest.approx(100, abs=0.3)
    assert distance.min() == pytest.approx(4.5, rel=0.002)
    energies = [total_energy(state, particles.masses, 1e-6) for state in (states[0], states[-1])]
    semi_major_axis = 4.5 / (1 - eccentricity) if eccentricity != 1 else np.inf
    assert energies[0] == pytest.approx(-G * 10 * 5 / (2 * semi_major_axis), abs=1e-6)
    assert energies[1] == pytest.approx(energies[0], abs=1e-4)


@given(st.floats(0.5, 20), st.floats(0.0, 2.0), st.floats(1, 300))
def test_the_starting_distance_is_where_kepler_says(pericentre, eccentricity, approach):
    encounter = Encounter(approach, pericentre, eccentricity, 0, 0, 0, 0)
    half_period = np.pi * np.sqrt((pericentre / max(1 - eccentricity, 1e-12)) ** 3 / (G * 15))
    if eccentricity < 1 and half_period < approach:
        with pytest.raises(ValueError, match=r"from apocentre to pericentre, less than the .* of `approach_myr`"):
            starting_distance(Points(15.0), encounter)
        return
    distance = starting_distance(Points(15.0), encounter)
    # The time is the integral over the distance of the inverse radial speed; with r = q + s^2 its pole goes.
    s = np.linspace(0, np.sqrt(max(distance - pericentre, 0)), 4001)[1:]
    r = pericentre + (s - s[0] / 2) ** 2
    angular = G * 15 * pericentre * (1 + eccentricity)
    squared = G * 15 * (2 / r - (1 - eccentricity) / pericentre) - angular / r**2
    time = np.sum(2 * (s - s[0] / 2) * s[0] / np.sqrt(np.maximum(squared, 1e-12)))
    assert distance >= pericentre
    if eccentricity >= 1 or (
        eccentricity > 0.1 and approach < 0.9 * half_period
    ):  # far from the apocentre, another pole
        assert time == pytest.approx(approach, rel=0.01)


def test_galaxies_are_further_apart_the_earlier_they_start():
    pair = Pair(GalaxyModel(), 1.0, 1.0)
    distances = [starting_distance(pair, Encounter(t, 5, 1, 0, 0, 0, 0)) for t in (50, 100, 200)]
    assert 15 < distances[0] < distances[1] < distances[2] < 120
    heavier = starting_distance(Pair(GalaxyModel(), 1.0, 1.5), Encounter(100, 5, 1, 0, 0, 0, 0))
    assert heavier > distances[1]


@given(st.integers(0, 2**32 - 1))
def test_variation_stays_within_its_spread(seed):
    varied = ENCOUNTER.varied(0.2, 10, seed)
    assert varied == ENCOUNTER.varied(0.2, 10, seed)
    assert varied.approach_myr == 100
    assert abs(varied.pericentre_kpc / 4.5 - 1) <= 0.2
    assert abs((1 - varied.eccentricity) / 0.1 - 1) <= 0.2 + 1e-9
    assert abs(varied.companion_node_deg + 30) <= 10


def test_no_spread_is_no_variation():
    varied = ENCOUNTER.varied(0, 0, 1)
    assert varied.pericentre_kpc == 4.5
    assert varied.eccentricity == pytest.approx(0.9)
    assert varied.companion_node_deg == -30
