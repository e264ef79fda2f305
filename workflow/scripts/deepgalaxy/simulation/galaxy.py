"""An equilibrium disc + bulge + halo galaxy as particles."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from galpy.df import eddingtondf
from galpy.potential import (
    HernquistPotential,
    MN3ExponentialDiskPotential,
    epifreq,
    interpSphericalPotential,
    vcirc,
)

GM_SUN_M3_S2 = 1.3271244e20  # nominal solar mass parameter, IAU 2015 resolution B3
KPC_M = 3.0856775814913673e19  # IAU 2015 resolution B2
MYR_S = 1e6 * 365.25 * 86400  # Julian years
G = 1e10 * GM_SUN_M3_S2 * MYR_S**2 / KPC_M**3
"""Gravitational constant, 0.0449850 kpc^3 / (1e10 Msun Myr^2)."""

DISC, BULGE, HALO = 0, 1, 2


@dataclass(frozen=True)
class GalaxyModel:
    """Masses in 1e10 Msun and lengths in kpc of a galaxy like the Milky Way, with a light halo.

    Halo and bulge follow Hernquist (1990, ApJ 356, 359); the disc is exponential in radius and sech^2 in height, with
    Toomre's Q given at 2.5 scale lengths (Hernquist 1993, ApJS 86, 389).
    """

    disc_mass: float = 4.0
    disc_scale_length: float = 3.0
    disc_scale_height: float = 0.3
    toomre_q: float = 1.5
    bulge_mass: float = 1.0
    bulge_scale_length: float = 0.5
    halo_mass: float = 25.0
    halo_scale_length: float = 12.0


@dataclass(frozen=True)
class Particles:
    """Particles: ``positions`` (n, 3) in kpc, ``velocities`` (n, 3) in kpc/Myr, ``masses`` (n,) in 1e10 Msun, all
    float64, and ``component`` (n,) int8, one of DISC, BULGE, HALO."""

    positions: np.ndarray
    velocities: np.ndarray
    masses: np.ndarray
    component: np.ndarray


def sample_galaxies(
    model: GalaxyModel, disc: int, bulge: int, halo: int, seed: int, count: int = 2
) -> tuple[Particles, ...]:
    """Draw ``count`` independent realisations of ``model``, with as many particles of each component as given.

    The spheroids are drawn from their ergodic distribution functions in the total potential (Eddington inversion, with
    the disc's enclosed mass spread over spheres), the disc by the moment equations of Hernquist (1993). Each component
    is centred at rest on the origin.
    """
    total = interpSphericalPotential(
        rforce=lambda r: -G * _disc_mass_within(model, r) / r**2, rgrid=np.geomspace(0.01, 400.0, 201)
    )
    halo_potential = HernquistPotential(amp=2 * G * model.halo_mass, a=model.halo_scale_length)
    bulge_potential = HernquistPotential(amp=2 * G * model.bulge_mass, a=model.bulge_scale_length)
    total = halo_potential + bulge_potential + total
    rng = np.random.default_rng(seed)
    edge_halo, edge_bulge = 160.0, 20.0  # truncation radii, kpc
    draws = [
        np.split(phase_space, count)
        for phase_space in (
            _draw_disc(model, halo_potential + bulge_potential, disc * count, rng),
            _draw_spheroid(total, bulge_potential, edge_bulge, bulge * count, rng),
            _draw_spheroid(total, halo_potential, edge_halo, halo * count, rng),
        )
    ]
    masses = (
        model.disc_mass,
        model.bulge_mass * _hernquist_fraction(edge_bulge / model.bulge_scale_length),
        model.halo_mass * _hernquist_fraction(edge_halo / model.halo_scale_length),
    )
    component = np.repeat(np.array((DISC, BULGE, HALO), np.int8), (disc, bulge, halo))
    particle_masses = np.repeat([mass / n for mass, n in zip(masses, (disc, bulge, halo))], (disc, bulge, halo))
    galaxies = []
    for parts in zip(*draws):
        phase_space = np.vstack([part - part.mean(axis=0) for part in parts])
        galaxies.append(Particles(phase_space[:, :3], phase_space[:, 3:], particle_masses, component))
    return tuple(galaxies)


def _disc_mass_within(model: GalaxyModel, radius: np.ndarray | float) -> np.ndarray | float:
    """Mass of the exponential disc inside a radius in kpc, in 1e10 Msun."""
    x = radius / model.disc_scale_length
    return model.disc_mass * (1 - (1 + x) * np.exp(-x))


def _hernquist_fraction(x: float) -> float:
    """Share of a Hernquist sphere's mass inside ``x`` scale lengths (Hernquist 1990, eq. 3)."""
    return x**2 / (1 + x) ** 2


def _draw_spheroid(potential: Any, density: Any, edge_kpc: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions and velocities, (n, 6), of a spherical component in equilibrium with the total potential."""
    # galpy draws from NumPy's legacy global generator: seed it, and put it back as it was.
    state = np.random.get_state()
    np.random.seed(rng.integers(2**32))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of energies outside the potential, which galpy then leaves out
            distribution = eddingtondf(pot=potential, denspot=density, rmax=edge_kpc)
            radius, v_radial, v_tangential, z, v_z, azimuth = distribution.sample(n=n, return_orbit=False, rmin=0.02)
    finally:
        np.random.set_state(state)
    return _cartesian(radius, azimuth, z, v_radial, v_tangential, v_z)


def _draw_disc(model: GalaxyModel, spheroids: Any, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions and velocities, (n, 6), of the disc: Gaussian, with the moments of Hernquist (1993, sec. 2.2)."""
    scale, height = model.disc_scale_length, model.disc_scale_height
    radii = np.linspace(0.05, 12 * scale, 300)
    cumulative = _disc_mass_within(model, radii) / model.disc_mass
    radius = np.interp(rng.uniform(0, 0.995, n), cumulative, radii)
    azimuth = rng.uniform(0, 2 * np.pi, n)
    z = height * np.arctanh(rng.uniform(-0.995, 0.995, n))

    disc = MN3ExponentialDiskPotential(amp=G * model.disc_mass / (4 * np.pi * scale**2 * height), hr=scale, hz=height)
    potential = spheroids + disc
    v_circular = np.array([vcirc(potential, r) for r in radii])
    epicyclic = np.array([epifreq(potential, r) for r in radii])
    angular = v_circular / radii
    surface_density = model.disc_mass / (2 * np.pi * scale**2) * np.exp(-radii / scale)
    reference = 2.5 * scale
    sigma_reference = (
        model.toomre_q
        * 3.36
        * G
        * np.interp(reference, radii, surface_density)
        / np.interp(reference, radii, epicyclic)
    )
    # The squared dispersion follows the surface density; in the centre it is kept below the rotation.
    sigma_radial = np.minimum(sigma_reference * np.exp(-(radii - reference) / (2 * scale)), 0.5 * v_circular)
    sigma_azimuthal = sigma_radial * epicyclic / (2 * angular)
    sigma_vertical = np.sqrt(np.pi * G * surface_density * height)
    # Asymmetric drift (Binney & Tremaine 2008, eq. 4.228) with both density and dispersion falling with radius.
    v_mean_squared = v_circular**2 + sigma_radial**2 * (1 - epicyclic**2 / (4 * angular**2) - 2 * radii / scale)
    v_mean = np.sqrt(np.maximum(v_mean_squared, 0))

    def at_radius(profile: np.ndarray) -> np.ndarray:
        return np.interp(radius, radii, profile)

    v_radial, v_azimuthal, v_z = rng.normal(size=(3, n)) * [
        at_radius(sigma_radial),
        at_radius(sigma_azimuthal),
        at_radius(sigma_vertical),
    ]
    return _cartesian(radius, azimuth, z, v_radial, v_azimuthal + at_radius(v_mean), v_z)


def _cartesian(
    radius: np.ndarray,
    azimuth: np.ndarray,
    z: np.ndarray,
    v_radial: np.ndarray,
    v_azimuthal: np.ndarray,
    v_z: np.ndarray,
) -> np.ndarray:
    """Positions and velocities in cylindrical coordinates, each (n,), as Cartesian phase space (n, 6)."""
    cos, sin = np.cos(azimuth), np.sin(azimuth)
    return np.column_stack(
        (
            radius * cos,
            radius * sin,
            z,
            v_radial * cos - v_azimuthal * sin,
            v_radial * sin + v_azimuthal * cos,
            v_z,
        )
    )
