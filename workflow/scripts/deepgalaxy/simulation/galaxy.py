"""A galaxy in equilibrium as particles: disc, bulge and halo."""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import i0e, i1e, k0e, k1e

from deepgalaxy.simulation.model import BULGE, DISC, HALO, Disc, G, GalaxyModel, Hernquist, Particles

RADII_KPC = np.geomspace(1e-4, 1e5, 2000)
"""Where the potential of a galaxy is tabulated."""


def sample_galaxy(model: GalaxyModel, disc: int, bulge: int, halo: int, rng: np.random.Generator) -> Particles:
    """Draw one realisation of ``model``, with as many particles of each component as given.

    Bulge and halo are drawn from their isotropic distribution functions in the potential of the whole galaxy, for which
    the mass of the disc is spread over spheres; the disc by the moment equations of Hernquist (1993, ApJS 86, 389).
    Each component is at rest, centred on the origin; the disc turns about the z axis, counterclockwise.
    """
    parts = (
        _draw_disc(model, disc, rng),
        _draw_sphere(model.bulge, model, bulge, rng),
        _draw_sphere(model.halo, model, halo, rng),
    )
    phase_space = np.vstack([part - part.mean(axis=0) for part in parts])
    counts = (disc, bulge, halo)
    masses = (model.disc.mass, *(sphere.mass_within(sphere.edge) for sphere in (model.bulge, model.halo)))
    return Particles(
        phase_space[:, :3],
        phase_space[:, 3:],
        np.repeat([mass / count for mass, count in zip(masses, counts)], counts),
        np.repeat(np.array((DISC, BULGE, HALO), np.int8), counts),
    )


def relative_potential(model: GalaxyModel, radius: np.ndarray) -> np.ndarray:
    """Return minus the potential of the galaxy in kpc^2/Myr^2 at radii in kpc, the disc's mass spread over spheres."""
    return -(model.bulge.potential(radius) + model.halo.potential(radius) + model.disc.spherical_potential(radius))


def distribution_function(sphere: Hernquist, model: GalaxyModel) -> Callable[[np.ndarray], np.ndarray]:
    """Return the isotropic distribution function of a sphere in the potential of the whole galaxy.

    It takes relative energies in kpc^2/Myr^2 and gives mass per phase space in 1e10 Msun / (kpc^2/Myr)^3, by
    Eddington's inversion (Binney & Tremaine 2008, eq. 4.46a; its second term is zero for a Hernquist sphere).
    """
    potential = relative_potential(model, RADII_KPC)
    mass = model.bulge.mass * (RADII_KPC / (RADII_KPC + model.bulge.scale_length)) ** 2
    mass += model.halo.mass * (RADII_KPC / (RADII_KPC + model.halo.scale_length)) ** 2
    mass += model.disc.mass_within(RADII_KPC)
    # The density falls as the relative potential does: the logarithm of its first derivative is smooth.
    derivative = -sphere.density_slope(RADII_KPC) * RADII_KPC**2 / (G * mass)
    logarithm = CubicSpline(np.log(potential[::-1]), np.log(derivative[::-1]))
    slope = logarithm.derivative()

    def second_derivative(psi: np.ndarray) -> np.ndarray:
        return np.exp(logarithm(np.log(psi))) * slope(np.log(psi)) / psi

    # With psi = energy (1 - u^2) the root in the denominator cancels; u = s^3 brings more nodes to where it is steep.
    nodes, weights = np.polynomial.legendre.leggauss(256)
    nodes, weights = (nodes + 1) / 2, weights / 2
    energies = potential[::-10][1:-1]
    psi = energies[:, None] * (1 - nodes**6)
    integral = 2 * np.sqrt(energies) * (second_derivative(psi) @ (weights * 3 * nodes**2))
    values = np.log(integral / (np.sqrt(8) * np.pi**2))
    return lambda energy: np.exp(np.interp(np.log(energy), np.log(energies), values))


def _draw_sphere(sphere: Hernquist, model: GalaxyModel, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions and velocities, (n, 6), of a sphere in equilibrium in the potential of the whole galaxy."""
    radius = sphere.radius_of(rng.uniform(size=n))
    psi = relative_potential(model, radius)
    density = distribution_function(sphere, model)
    # The distribution of the speed in units of the escape speed is tabulated for each particle, and inverted.
    x = np.linspace(0, 1, 129)[1:-1]
    cumulative = np.cumsum(x**2 * density(psi[:, None] * (1 - x**2)), axis=1)
    cumulative /= cumulative[:, -1:]
    share = rng.uniform(size=(n, 1))
    index = np.minimum((cumulative < share).sum(axis=1), len(x) - 1)
    below = np.where(index > 0, cumulative[np.arange(n), index - 1], 0)
    step = x[1] - x[0]
    fraction = (share[:, 0] - below) / (cumulative[np.arange(n), index] - below)
    speed = (x[index] + (fraction - 0.5) * step) * np.sqrt(2 * psi)
    return np.hstack((_directions(n, rng) * radius[:, None], _directions(n, rng) * speed[:, None]))


def _directions(n: int, rng: np.random.Generator) -> np.ndarray:
    """Isotropic unit vectors (n, 3)."""
    vectors = rng.normal(size=(n, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def circular_speed_squared(model: GalaxyModel, radius: np.ndarray) -> np.ndarray:
    """Return the square of the circular speed in the plane of the disc, in kpc^2/Myr^2, at radii in kpc.

    The disc counts as thin (Freeman 1970, ApJ 160, 811, eq. 10).
    """
    y = radius / (2 * model.disc.scale_length)
    bessel = i0e(y) * k0e(y) - i1e(y) * k1e(y)
    disc = 2 * G * model.disc.mass / model.disc.scale_length * y**2 * bessel
    return disc + G * (model.bulge.mass_within(radius) + model.halo.mass_within(radius)) / radius


def _draw_disc(model: GalaxyModel, n: int, rng: np.random.Generator) -> np.ndarray:
    """Positions and velocities, (n, 6), of the disc: Gaussian, with the moments of Hernquist (1993, sec. 2.2)."""
    disc: Disc = model.disc
    radii = np.linspace(0.05, 12 * disc.scale_length, 1000)
    radius = np.interp(rng.uniform(0, 0.995, n), disc.mass_within(radii) / disc.mass, radii)
    azimuth = rng.uniform(0, 2 * np.pi, n)
    z = disc.scale_height * np.arctanh(rng.uniform(-0.995, 0.995, n))

    speed_squared = circular_speed_squared(model, radii)
    angular = np.sqrt(speed_squared) / radii
    # Binney & Tremaine 2008, eq. 3.80.
    epicyclic = np.sqrt(2 * angular * np.gradient(radii * np.sqrt(speed_squared), radii) / radii)
    surface_density = disc.surface_density(radii)
    reference = 2.5 * disc.scale_length
    sigma_reference = (
        disc.toomre_q * 3.36 * G * np.interp(reference, radii, surface_density) / np.interp(reference, radii, epicyclic)
    )
    # The squared dispersion follows the surface density; in the centre it is kept below the rotation.
    sigma_radial = np.minimum(
        sigma_reference * np.exp(-(radii - reference) / (2 * disc.scale_length)), 0.5 * radii * angular
    )
    sigma_azimuthal = sigma_radial * epicyclic / (2 * angular)
    sigma_vertical = np.sqrt(np.pi * G * surface_density * disc.scale_height)
    # Asymmetric drift (Binney & Tremaine 2008, eq. 4.228) with both density and dispersion falling with radius.
    mean_squared = speed_squared + sigma_radial**2 * (
        1 - epicyclic**2 / (4 * angular**2) - 2 * radii / disc.scale_length
    )
    mean = np.sqrt(np.maximum(mean_squared, 0))
    moments = [np.interp(radius, radii, moment) for moment in (sigma_radial, sigma_azimuthal, sigma_vertical)]
    v_radial, v_azimuthal, v_z = rng.normal(size=(3, n)) * moments
    v_azimuthal += np.interp(radius, radii, mean)

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
