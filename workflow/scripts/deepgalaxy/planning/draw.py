"""Mergers drawn from ranges of their ratios, orbits and spins."""

from dataclasses import asdict

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from deepgalaxy.dataset.layout import group_name, isolated_name
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.model import GalaxyModel
from deepgalaxy.simulation.orbit import Pair, starting_distance

COSINES = {"isotropic": (1, -1), "prograde": (1, 0), "retrograde": (0, -1)}
"""Between which cosines of its inclination the axis of a disc is drawn."""

SPIN_NAMES = ("primary_inclination_deg", "primary_node_deg", "companion_inclination_deg", "companion_node_deg")

ATTEMPTS = 1000
"""How often an orbit is drawn anew, and how many points may have names that are taken, before the draw is given up."""


def draw_mergers(ranges: dict, seed: int) -> list[dict]:
    """Return ``ranges["draw"]`` mergers, each with ``size_ratio``, ``mass_ratio`` and ``encounter``, the fields of an
    ``Encounter``.

    Mass ratios, and size ratios if these have a range of their own, are uniform in the logarithm, and rounded to two
    decimals, since they make up a group's name. Pericentres and eccentricities are uniform, the axes of the discs
    isotropic within what ``spins`` allows. The points are Sobol's, scrambled (Owen 1998, ACM TOMACS 8, 71), so that few
    mergers cover all ranges evenly and the first ones do not depend on how many are drawn. A point whose name is taken
    is passed over; for an orbit that takes less than ``approach_myr`` from apocentre to pericentre, both are drawn anew
    from a seed of their own, and ``orbits_refused`` says how often.

    Raises ValueError if the ranges have not enough names, or no orbit that takes ``approach_myr``, or if a ratio would
    be rounded to 0.
    """
    cosines = COSINES[ranges.get("spins", "isotropic")]
    drawn: dict[str, dict] = {}
    points = qmc.Sobol(8, rng=derive_seed(seed, "draw mergers"))
    for index in range(ranges["draw"] + ATTEMPTS):
        point = points.random()[0]
        mass_ratio, size_ratio = _ratios("mergers", ranges, *point[:2])
        name = group_name(size_ratio, mass_ratio)
        if name not in drawn:
            spins = _spin(cosines, *point[4:6]) + _spin(cosines, *point[6:8])
            fixed = dict(zip(SPIN_NAMES, spins)) | {"approach_myr": ranges["approach_myr"]}
            orbit = _draw_orbit(ranges, Pair(GalaxyModel(), size_ratio, mass_ratio), fixed, point[2:4], seed, index)
            drawn[name] = {"size_ratio": size_ratio, "mass_ratio": mass_ratio} | orbit
        if len(drawn) == ranges["draw"]:
            return list(drawn.values())
    pairs = "1 pair" if len(drawn) == 1 else f"{len(drawn)} different pairs"
    raise ValueError(
        f"`mergers: draw: {ranges['draw']}` finds no more than {pairs} of ratios, of two decimals each; widen"
        " `mass_ratio` or `size_ratio`, or draw fewer."
    )


def draw_isolated(ranges: dict, seed: int) -> dict[str, dict]:
    """Return ``ranges["draw"]`` lone galaxies by group name, each with its number of ``snapshots``, ``size_ratio`` and
    ``mass_ratio`` to the primary of a merger, and the ``inclination_deg`` and ``node_deg`` of its disc, drawn as by
    ``draw_mergers``."""
    points = qmc.Sobol(4, rng=derive_seed(seed, "draw isolated"))
    drawn = {}
    for number in range(1, ranges["draw"] + 1):
        point = points.random()[0]
        mass_ratio, size_ratio = _ratios("isolated", ranges, *point[:2])
        inclination, node = _spin(COSINES["isotropic"], *point[2:])
        drawn[isolated_name(number)] = {
            "size_ratio": size_ratio,
            "mass_ratio": mass_ratio,
            "snapshots": ranges["snapshots"],
            "inclination_deg": inclination,
            "node_deg": node,
        }
    return drawn


def _ratios(section: str, ranges: dict, for_mass: float, for_size: float) -> tuple[float, float]:
    """Return mass and size ratio for two numbers from 0 to 1; raise ValueError if a group's name cannot hold them."""
    mass_ratio = _nameable(_between(ranges["mass_ratio"], for_mass), "mass_ratio", section, ranges)
    size = ranges["size_ratio"]
    if isinstance(size, list):
        size_ratio = _between(size, for_size)
    else:
        size_ratio = round(float(mass_ratio ** size["mass_slope"] * 10 ** (size["scatter_dex"] * ndtri(for_size))), 2)
    return mass_ratio, _nameable(size_ratio, "size_ratio", section, ranges)


def _nameable(ratio: float, name: str, section: str, ranges: dict) -> float:
    """Return the ratio called ``name``; raise ValueError if the name of a group cannot hold it with two decimals."""
    if not 0.01 <= ratio < 10_000:
        raise ValueError(
            f"`{section}: {name}: {ranges[name]}` draws the ratio {ratio:g}, and the name of a group, which has two"
            " decimals and no more than six digits, holds those from 0.01 to 9999.99; narrow"
            f" {' or '.join(dict.fromkeys([f'`{name}`', '`mass_ratio`']))}."
        )
    return ratio


def _between(bounds: list[float], share: float) -> float:
    """Return a ratio of two decimals between bounds, uniform in the logarithm if ``share`` is uniform from 0 to 1."""
    low, high = np.log(bounds)
    return round(float(np.exp(low + share * (high - low))), 2)


def _spin(cosines: tuple[float, float], for_cosine: float, for_node: float) -> tuple[float, float]:
    """Return inclination and node in degrees of a disc's axis for two numbers uniform from 0 to 1, isotropic within the
    ``cosines`` of the inclination."""
    cosine = cosines[0] + for_cosine * (cosines[1] - cosines[0])
    return round(float(np.degrees(np.arccos(cosine))), 2), round(360 * float(for_node), 2)


def _draw_orbit(ranges: dict, pair: Pair, fixed: dict, point: np.ndarray, seed: int, index: int) -> dict:
    """Return the ``encounter`` on an orbit that takes long enough, and how many ``orbits_refused`` came before it."""
    rng = np.random.default_rng(derive_seed(seed, "draw orbit", index))
    low, high = np.transpose([ranges["pericentre_kpc"], ranges["eccentricity"]])
    for refused in range(ATTEMPTS):
        pericentre, eccentricity = (round(float(value), 3) for value in low + point * (high - low))
        encounter = Encounter(pericentre_kpc=pericentre, eccentricity=eccentricity, **fixed)
        try:
            starting_distance(pair, encounter)
        except ValueError:
            point = rng.uniform(size=2)
        else:
            return {"encounter": asdict(encounter), "orbits_refused": refused}
    raise ValueError(
        f"No orbit with `pericentre_kpc: {ranges['pericentre_kpc']}` and `eccentricity: {ranges['eccentricity']}`"
        f" takes the {fixed['approach_myr']:g} Myr of `approach_myr` from apocentre to pericentre; raise their upper"
        " bounds or lower `approach_myr`."
    )
