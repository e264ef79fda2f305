"""Two galaxies on a collision course."""

from dataclasses import asdict, dataclass

import numpy as np

from deepgalaxy.simulation.galaxy import G, Particles


@dataclass(frozen=True)
class Encounter:
    """How two galaxies meet: ``separation_kpc`` at the start, and ``pericentre_kpc`` and ``eccentricity`` of the Kepler
    orbit that point masses would follow. The disc of either galaxy is tilted by its ``inclination_deg`` about the x
    axis and turned by its ``node_deg`` about the z axis; the orbit lies in the x-y plane.
    """

    separation_kpc: float
    pericentre_kpc: float
    eccentricity: float
    primary_inclination_deg: float
    primary_node_deg: float
    companion_inclination_deg: float
    companion_node_deg: float

    def varied(self, orbit_spread: float, spin_spread_deg: float, seed: int) -> "Encounter":
        """Return this encounter with its pericentre scaled by up to ``orbit_spread`` (a fraction) either way, its
        distance from a parabola likewise, and its four disc angles shifted by up to ``spin_spread_deg`` either way.
        """
        rng = np.random.default_rng(seed)
        pericentre, unbound = 1 + orbit_spread * rng.uniform(-1, 1, 2)
        angles = {name: value for name, value in asdict(self).items() if name.endswith("_deg")}
        shifts = spin_spread_deg * rng.uniform(-1, 1, len(angles))
        return Encounter(
            separation_kpc=self.separation_kpc,
            pericentre_kpc=self.pericentre_kpc * pericentre,
            eccentricity=1 - (1 - self.eccentricity) * unbound,
            **{name: value + shift for (name, value), shift in zip(angles.items(), shifts)},
        )


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


def set_on_orbit(primary: Particles, companion: Particles, encounter: Encounter) -> tuple[Particles, np.ndarray]:
    """Put two galaxies on the orbit of ``encounter``, approaching, with the centre of mass at rest at the origin.

    The Kepler orbit is that of the masses found inside the initial separation, since the haloes overlap. Returns all
    particles, and for each (n,) whether it belongs to the companion.

    Raises ValueError if the orbit does not reach out to the initial separation.
    """
    distance = encounter.separation_kpc
    semi_latus_rectum = encounter.pericentre_kpc * (1 + encounter.eccentricity)
    mass = sum(
        galaxy.masses[np.linalg.norm(galaxy.positions, axis=1) < distance].sum() for galaxy in (primary, companion)
    )
    # Angular momentum and energy of the Kepler orbit, per reduced mass.
    v_tangential = np.sqrt(G * mass * semi_latus_rectum) / distance
    v_squared = G * mass * (2 / distance - (1 - encounter.eccentricity) / encounter.pericentre_kpc)
    if v_squared < v_tangential**2:
        raise ValueError(
            f"An orbit with pericentre {encounter.pericentre_kpc:.2f} kpc and eccentricity {encounter.eccentricity:.3f}"
            f" does not reach the initial separation of {distance:g} kpc; raise the eccentricity or the pericentre."
        )
    offset = np.array((distance, 0.0, 0.0))
    velocity = np.array((-np.sqrt(v_squared - v_tangential**2), v_tangential, 0.0))
    companion_share = companion.masses.sum() / (primary.masses.sum() + companion.masses.sum())

    positions, velocities = [], []
    for galaxy, share, inclination, node in (
        (primary, -companion_share, encounter.primary_inclination_deg, encounter.primary_node_deg),
        (companion, 1 - companion_share, encounter.companion_inclination_deg, encounter.companion_node_deg),
    ):
        rotation = _rotation(np.radians(inclination), np.radians(node))
        positions.append(galaxy.positions @ rotation.T + share * offset)
        velocities.append(galaxy.velocities @ rotation.T + share * velocity)
    particles = Particles(
        np.vstack(positions),
        np.vstack(velocities),
        np.concatenate((primary.masses, companion.masses)),
        np.concatenate((primary.component, companion.component)),
    )
    is_companion = np.repeat((False, True), (len(primary.masses), len(companion.masses)))
    return particles, is_companion


def _rotation(inclination: float, node: float) -> np.ndarray:
    """Rotation matrix (3, 3): tilt about x by ``inclination``, then turn about z by ``node``, both in radians."""
    ci, si, cn, sn = np.cos(inclination), np.sin(inclination), np.cos(node), np.sin(node)
    tilt = np.array(((1, 0, 0), (0, ci, -si), (0, si, ci)))
    turn = np.array(((cn, -sn, 0), (sn, cn, 0), (0, 0, 1)))
    return turn @ tilt
