"""Two galaxies on a collision course."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.model import G, GalaxyModel, Particles


@dataclass(frozen=True)
class Pair:
    """Two galaxies of one model, the companion with ``size_ratio`` times the lengths and ``mass_ratio`` times the
    masses of the primary."""

    model: GalaxyModel
    size_ratio: float
    mass_ratio: float

    def mass_within(self, distance_kpc: float) -> float:
        """Mass in 1e10 Msun of both galaxies, each inside ``distance_kpc`` of its own centre."""
        companion = self.mass_ratio * self.model.mass_within(distance_kpc / self.size_ratio)
        return float(self.model.mass_within(distance_kpc) + companion)


def starting_distance(pair: Pair, encounter: Encounter) -> float:
    """Return how far apart in kpc two galaxies are at the start: where they would be on the Kepler orbit of the mass
    within this distance, since the haloes overlap.

    The orbit is followed back from its pericentre in universal variables (Curtis 2014, Orbital Mechanics for
    Engineering Students, sec. 3.7), which hold for ellipses, parabolae and hyperbolae alike.

    Raises ValueError as ``require_way_back`` does.
    """
    from scipy.optimize import brentq  # whose import takes longer than what else the rules import

    distance, time_left, furthest = _way_back(pair, encounter)
    return distance(brentq(time_left, 0, furthest))


def require_way_back(pair: Pair, encounter: Encounter) -> None:
    """Raise ValueError if the orbit is an ellipse on which the galaxies take less than ``approach_myr`` from apocentre
    to pericentre."""
    _way_back(pair, encounter)


def _way_back(pair: Pair, encounter: Encounter) -> tuple[Callable[[float], float], Callable[[float], float], float]:
    """Return, as functions of the universal variable, the distance in kpc and the time in Myr by which the way back to
    it is longer than ``approach_myr``, and a value at which that is not negative; raise ValueError as
    ``require_way_back`` does."""
    pericentre, eccentricity = encounter.pericentre_kpc, encounter.eccentricity
    inverse_axis = (1 - eccentricity) / pericentre

    def distance(chi: float) -> float:
        return pericentre + eccentricity * chi**2 * _stumpff(inverse_axis * chi**2)[0]

    def time_left(chi: float) -> float:
        path = eccentricity * chi**3 * _stumpff(inverse_axis * chi**2)[1] + pericentre * chi
        return path / np.sqrt(G * pair.mass_within(distance(chi))) - encounter.approach_myr

    furthest = np.pi / np.sqrt(inverse_axis) if inverse_axis > 0 else 1.0
    while inverse_axis <= 0 and time_left(furthest) < 0:
        furthest *= 2
    if time_left(furthest) < 0:
        raise ValueError(
            f"An orbit with pericentre {pericentre:.2f} kpc and eccentricity {eccentricity:.3f} takes"
            f" {time_left(furthest) + encounter.approach_myr:.0f} Myr from apocentre to pericentre, less than the"
            f" {encounter.approach_myr:g} Myr of `approach_myr`; raise the eccentricity or the pericentre."
        )
    return distance, time_left, furthest


def _stumpff(z: float) -> tuple[float, float]:
    """Return Stumpff's functions C(z) and S(z) (Curtis 2014, eqs. 3.52 and 3.53)."""
    root = np.sqrt(abs(z))
    if root < 1e-2:
        return 1 / 2 - z / 24, 1 / 6 - z / 120
    if z > 0:
        return (1 - np.cos(root)) / z, (root - np.sin(root)) / root**3
    return (1 - np.cosh(root)) / z, (np.sinh(root) - root) / root**3


def scale_galaxy(galaxy: Particles, size_ratio: float, mass_ratio: float) -> Particles:
    """Return ``galaxy`` with lengths times ``size_ratio`` and masses times ``mass_ratio``, still in equilibrium.

    Velocities scale with the square root of mass over size, as everywhere in virial equilibrium.
    """
    return Particles(
        galaxy.positions * size_ratio,
        galaxy.velocities * np.sqrt(mass_ratio / size_ratio),
        galaxy.masses * mass_ratio,
        galaxy.component,
    )


def set_on_orbit(
    primary: Particles, companion: Particles, pair: Pair, encounter: Encounter
) -> tuple[Particles, np.ndarray]:
    """Put two galaxies on the orbit of ``encounter``, approaching, with the centre of mass at rest at the origin.

    Returns all particles, and for each (n,) whether it belongs to the companion. Raises ValueError as
    ``starting_distance`` does.
    """
    distance = starting_distance(pair, encounter)
    gravity = G * pair.mass_within(distance)
    pericentre, eccentricity = encounter.pericentre_kpc, encounter.eccentricity
    # Angular momentum and energy of the Kepler orbit, per reduced mass.
    v_tangential = np.sqrt(gravity * pericentre * (1 + eccentricity)) / distance
    v_squared = gravity * (2 / distance - (1 - eccentricity) / pericentre)
    v_radial = np.sqrt(max(v_squared - v_tangential**2, 0.0))  # which at apocentre may be rounded below zero
    offset, velocity = np.array((distance, 0.0, 0.0)), np.array((-v_radial, v_tangential, 0.0))
    companion_share = companion.masses.sum() / (primary.masses.sum() + companion.masses.sum())

    positions, velocities = [], []
    for galaxy, share, inclination, node in (
        (primary, -companion_share, encounter.primary_inclination_deg, encounter.primary_node_deg),
        (companion, 1 - companion_share, encounter.companion_inclination_deg, encounter.companion_node_deg),
    ):
        turned = turn_galaxy(galaxy, inclination, node)
        positions.append(turned.positions + share * offset)
        velocities.append(turned.velocities + share * velocity)
    particles = Particles(
        np.vstack(positions),
        np.vstack(velocities),
        np.concatenate((primary.masses, companion.masses)),
        np.concatenate((primary.component, companion.component)),
    )
    is_companion = np.repeat((False, True), (len(primary.masses), len(companion.masses)))
    return particles, is_companion


def turn_galaxy(galaxy: Particles, inclination_deg: float, node_deg: float) -> Particles:
    """Return ``galaxy`` tilted about the x axis by ``inclination_deg``, then turned about the z axis by ``node_deg``,
    both in degrees."""
    inclination, node = np.radians((inclination_deg, node_deg))
    ci, si, cn, sn = np.cos(inclination), np.sin(inclination), np.cos(node), np.sin(node)
    tilt = np.array(((1, 0, 0), (0, ci, -si), (0, si, ci)))
    turn = np.array(((cn, -sn, 0), (sn, cn, 0), (0, 0, 1)))
    rotation = (turn @ tilt).T
    return Particles(galaxy.positions @ rotation, galaxy.velocities @ rotation, galaxy.masses, galaxy.component)
