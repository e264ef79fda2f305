"""What a galaxy is made of, and the units in which it is measured."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

GM_SUN_M3_S2 = 1.3271244e20  # nominal solar mass parameter, IAU 2015 resolution B3
KPC_M = 3.0856775814913673e19  # IAU 2015 resolution B2
MYR_S = 1e6 * 365.25 * 86400  # Julian years
G = 1e10 * GM_SUN_M3_S2 * MYR_S**2 / KPC_M**3
"""Gravitational constant, 0.0449850 kpc^3 / (1e10 Msun Myr^2)."""

KM_S_PER_KPC_MYR = KPC_M / MYR_S / 1000
"""977.792 km/s."""

DISC, BULGE, HALO = 0, 1, 2

Radius = TypeVar("Radius", float, np.ndarray)


@dataclass(frozen=True)
class Particles:
    """Particles: ``positions`` (n, 3) in kpc, ``velocities`` (n, 3) in kpc/Myr, ``masses`` (n,) in 1e10 Msun, all
    float64, and ``component`` (n,) int8, one of DISC, BULGE, HALO."""

    positions: np.ndarray
    velocities: np.ndarray
    masses: np.ndarray
    component: np.ndarray


@dataclass(frozen=True)
class Hernquist:
    """A sphere of Hernquist (1990, ApJ 356, 359): ``mass`` in 1e10 Msun out to infinity, ``scale_length`` in kpc, and
    the radius ``edge`` in kpc beyond which it has no particles."""

    mass: float
    scale_length: float
    edge: float

    def mass_within(self, radius: Radius) -> Radius:
        """Mass in 1e10 Msun inside a radius in kpc, as far as the edge (eq. 3)."""
        radius = np.minimum(radius, self.edge)
        return self.mass * (radius / (radius + self.scale_length)) ** 2

    def radius_of(self, share: np.ndarray) -> np.ndarray:
        """Radius in kpc within which a share of the mass inside the edge lies."""
        root = np.sqrt(share * self.mass_within(self.edge) / self.mass)
        return self.scale_length * root / (1 - root)

    def potential(self, radius: np.ndarray) -> np.ndarray:
        """Potential in kpc^2/Myr^2 of the sphere without an edge (eq. 5)."""
        return -G * self.mass / (radius + self.scale_length)

    def density(self, radius: np.ndarray) -> np.ndarray:
        """Density in 1e10 Msun/kpc^3 (eq. 2)."""
        return self.mass * self.scale_length / (2 * np.pi * radius * (radius + self.scale_length) ** 3)

    def density_slope(self, radius: np.ndarray) -> np.ndarray:
        """Derivative of the density by the radius, in 1e10 Msun/kpc^4."""
        return -self.density(radius) * (1 / radius + 3 / (radius + self.scale_length))


@dataclass(frozen=True)
class Disc:
    """A disc, exponential in radius and sech^2 in height: ``mass`` in 1e10 Msun, lengths in kpc, and Toomre's Q at 2.5
    scale lengths (Hernquist 1993, ApJS 86, 389)."""

    mass: float
    scale_length: float
    scale_height: float
    toomre_q: float

    def mass_within(self, radius: Radius) -> Radius:
        """Mass in 1e10 Msun inside a radius in kpc."""
        x = radius / self.scale_length
        return self.mass * -(np.expm1(-x) + x * np.exp(-x))

    def spherical_potential(self, radius: np.ndarray) -> np.ndarray:
        """Potential in kpc^2/Myr^2 of a sphere with the same mass inside each radius."""
        return G * self.mass / radius * np.expm1(-radius / self.scale_length)

    def surface_density(self, radius: np.ndarray) -> np.ndarray:
        """Surface density in 1e10 Msun/kpc^2."""
        return self.mass / (2 * np.pi * self.scale_length**2) * np.exp(-radius / self.scale_length)


@dataclass(frozen=True)
class GalaxyModel:
    """A galaxy like the Milky Way, with a light halo."""

    disc: Disc = Disc(mass=4.0, scale_length=3.0, scale_height=0.3, toomre_q=1.5)
    bulge: Hernquist = Hernquist(mass=1.0, scale_length=0.5, edge=20.0)
    halo: Hernquist = Hernquist(mass=25.0, scale_length=12.0, edge=160.0)

    def mass_within(self, radius: Radius) -> Radius:
        """Mass in 1e10 Msun inside a radius in kpc."""
        return self.disc.mass_within(radius) + self.bulge.mass_within(radius) + self.halo.mass_within(radius)
