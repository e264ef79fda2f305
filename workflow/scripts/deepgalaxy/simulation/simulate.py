"""One simulation from configuration to file: the stars of a merger, or of a lone galaxy, at every snapshot."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import logger, progress
from deepgalaxy.seeds import derive_seed
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.galaxy import sample_galaxy
from deepgalaxy.simulation.integrate import (
    State,
    angular_momentum,
    kinetic_energy,
    leapfrog,
    steps_per_snapshot,
    total_energy,
)
from deepgalaxy.simulation.model import BULGE, HALO, KM_S_PER_KPC_MYR, GalaxyModel, Particles
from deepgalaxy.simulation.nuclei import coalescence_time, find_nucleus, pericentre_times
from deepgalaxy.simulation.orbit import Pair, scale_galaxy, set_on_orbit, starting_distance, turn_galaxy
from deepgalaxy.version import workflow_version

MODEL = GalaxyModel()


@dataclass(frozen=True)
class Course:
    """What was recorded of a simulation.

    ``t_myr`` (snapshots,) int32; ``stars`` (snapshots, stars, 3) float32 in kpc, relative to the centre of mass, at
    these times. Of the nuclei (one of a lone galaxy, else the primary's and the companion's), at the same times:
    ``nuclei_kpc`` and ``nuclei_km_s`` (snapshots, nuclei, 3) float32. ``pericentres_myr`` (passages,) and
    ``coalescence_myr`` (NaN if there was none) are known to a time step. ``energy_error`` is the change of the total
    energy over the kinetic energy at the start (which for a lone galaxy is as large as the total one, while that of two
    unbound ones may be next to nothing), ``angular_momentum_error`` the length of the change of the angular momentum
    over its own.
    """

    t_myr: np.ndarray
    stars: np.ndarray
    nuclei_kpc: np.ndarray
    nuclei_km_s: np.ndarray
    pericentres_myr: np.ndarray
    coalescence_myr: float
    energy_error: float
    angular_momentum_error: float


def simulate_galaxies(simulated: dict, settings: dict, output: str | Path, threads: int = 1) -> None:
    """Simulate a merger or a lone galaxy, and write the positions of its stars at every snapshot.

    ``simulated`` has ``size_ratio``, ``mass_ratio`` and ``seed``, and either the ``encounter`` of a merger or
    ``inclination_deg``, ``node_deg`` and the number of ``snapshots`` of a lone galaxy; ``settings`` is the
    ``simulation`` section of the configuration. Each galaxy is an independent realisation, drawn from the seed. The
    same seed gives the same bits, for any number of ``threads``. The file has the arrays of ``Course``, and ``masses``
    (stars,) float64 in 1e10 Msun; its attributes say what was simulated, and how well.

    Raises ValueError if the energy changes by more than ``largest_energy_error``.
    """
    size_ratio, mass_ratio, seed = (simulated[name] for name in ("size_ratio", "mass_ratio", "seed"))
    galaxies = iter(np.random.default_rng(derive_seed(seed, "galaxies")).spawn(2))
    particles, softening_kpc = settings["particles"], settings["softening_kpc"]
    companion = scale_galaxy(sample_galaxy(MODEL, **particles, rng=next(galaxies)), size_ratio, mass_ratio)
    attributes = {name: simulated[name] for name in ("size_ratio", "mass_ratio", "seed")}
    if "encounter" in simulated:
        encounter, pair = Encounter(**simulated["encounter"]), Pair(MODEL, size_ratio, mass_ratio)
        primary = sample_galaxy(MODEL, **particles, rng=next(galaxies))
        start, is_companion = set_on_orbit(primary, companion, pair, encounter)
        distance_kpc = starting_distance(pair, encounter)
        refused = simulated.get("orbits_refused", 0)
        logger.info(
            "pericentre %.1f kpc, eccentricity %.2f, at first %.0f kpc apart%s",
            *(encounter.pericentre_kpc, encounter.eccentricity, distance_kpc),
            f"; {refused} orbits before it were too short" if refused else "",
        )
        attributes |= asdict(encounter) | {"starting_distance_kpc": distance_kpc}
    else:
        angles = {name: simulated[name] for name in ("inclination_deg", "node_deg")}
        start = turn_galaxy(companion, **angles)
        is_companion = np.ones(len(start.masses), bool)
        attributes |= angles
    attributes["isolated"] = "encounter" not in simulated
    steps = steps_per_snapshot(settings["snapshots"]["every_myr"], settings["longest_step_myr"], size_ratio, mass_ratio)
    snapshots = settings["snapshots"] | {"count": simulated.get("snapshots", settings["snapshots"]["count"])}
    course = follow(start, is_companion, **snapshots, steps=steps, softening_kpc=softening_kpc, threads=threads)
    if not abs(course.energy_error) <= settings["largest_energy_error"]:  # nor is NaN
        raise ValueError(
            f"The total energy changed by {course.energy_error:.1%} of the kinetic energy, more than"
            f" `largest_energy_error` {settings['largest_energy_error']:.1%}; shorten `longest_step_myr` or raise"
            " `softening_kpc`."
        )
    attributes |= {
        "particles": len(start.masses),
        "softening_kpc": softening_kpc,
        "time_step_myr": settings["snapshots"]["every_myr"] / steps,
        "workflow_version": workflow_version(),
    }
    _write(output, course, start.masses[start.component != HALO], attributes)


def follow(
    start: Particles,
    is_companion: np.ndarray,
    count: int,
    every_myr: int,
    steps: int,
    softening_kpc: float,
    after_coalescence_myr: float | None = None,
    threads: int = 1,
) -> Course:
    """Return what is recorded of the simulation that begins with ``start``.

    There are at most ``count`` snapshots, one each ``every_myr`` after ``steps`` time steps; the last one is earlier if
    it is ``after_coalescence_myr`` after the coalescence. ``is_companion`` (n,) divides the particles into galaxies; in
    a lone galaxy all or none are.
    """
    stars = start.component != HALO
    bulges = [chosen for chosen in _bulges(start, is_companion) if len(chosen)]
    t_myr, path, snapshots, nuclei = [], [], [], []
    ends: list[State] = []
    states = leapfrog(start, every_myr / steps, softening_kpc, threads)
    for step, state in zip(progress(range((count - 1) * steps + 1), count * steps, "time steps"), states):
        places = [_nucleus(state, start.masses, bulge) for bulge in bulges]
        t_myr.append(step * every_myr / steps)
        path.append(np.linalg.norm(places[0][0] - places[-1][0]))
        if step % steps:
            continue
        ends = [ends[0] if ends else state, state]
        snapshots.append(state.positions[stars].astype(np.float32))
        nuclei.append(np.array(places, np.float32))
        coalescence_myr = coalescence_time(np.array(t_myr), np.array(path)) if len(bulges) == 2 else np.nan
        if after_coalescence_myr is not None and t_myr[-1] >= coalescence_myr + after_coalescence_myr:
            break
    times, separation_kpc = np.array(t_myr), np.array(path)
    energies = [total_energy(state, start.masses, softening_kpc, threads) for state in ends]
    spins = [angular_momentum(state, start.masses) for state in ends]
    return Course(
        t_myr=np.arange(len(snapshots), dtype=np.int32) * every_myr,
        stars=np.array(snapshots),
        nuclei_kpc=np.array(nuclei)[:, :, 0],
        nuclei_km_s=np.array(nuclei)[:, :, 1] * np.float32(KM_S_PER_KPC_MYR),
        pericentres_myr=pericentre_times(times, separation_kpc),
        coalescence_myr=coalescence_myr,
        energy_error=(energies[-1] - energies[0]) / kinetic_energy(ends[0], start.masses),
        angular_momentum_error=float(np.linalg.norm(spins[-1] - spins[0]) / np.linalg.norm(spins[0])),
    )


def _bulges(start: Particles, is_companion: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the indices of the particles of the primary's bulge, then of the companion's."""
    for of_galaxy in (~is_companion, is_companion):
        yield np.flatnonzero((start.component == BULGE) & of_galaxy)


def _nucleus(state: State, masses: np.ndarray, bulge: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return place and velocity (3,) of the nucleus of a galaxy whose bulge has the particles ``bulge`` (m,)."""
    centre, near = find_nucleus(state.positions[bulge], masses[bulge])
    return centre, np.average(state.velocities[bulge[near]], axis=0, weights=masses[bulge[near]])


def _write(output: str | Path, course: Course, masses: np.ndarray, attributes: dict) -> None:
    """Write what was recorded of a simulation."""
    recorded = dict(vars(course))
    arrays = ("t_myr", "stars", "nuclei_kpc", "nuclei_km_s")
    with whole_hdf5(output) as file:
        for name in arrays:
            file[name] = recorded.pop(name)
        file["masses"] = masses
        file.attrs.update(attributes | recorded)
