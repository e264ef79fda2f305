"""Softened gravity of many particles, by a tree (Barnes & Hut 1986, Nature 324, 446).

Particles are sorted along a Morton curve, on which the content of each cubic cell of the tree is one run. Neighbours
share one list of what pulls them (Barnes 1990, J. Comput. Phys. 87, 161), which is summed in single precision by
vector instructions. Cells count as points at their centres of mass: quadrupoles would take a tenth more time for less
than half the error, which at 0.4 per cent is already far below the graininess of so few particles.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from deepgalaxy.simulation.model import G

OPENING_ANGLE = 0.9
"""A cell is opened if its width over its distance from the nearest edge of a group of particles is larger."""
LARGEST_LEAF, LARGEST_GROUP = 16, 256
"""Particles in a cell that is not divided, and in a group that shares one list: fastest with 2e4 and 2e5 particles."""
LEVELS = 21
"""How often the cube of all particles can be divided: a key of 63 bits has three for each time."""


class TreeGravity:
    """Gravity of particles with ``masses`` (n,) in 1e10 Msun and a Plummer softening.

    The same bits come out for any number of ``threads``.
    """

    def __init__(self, masses: np.ndarray, softening_kpc: float, threads: int = 1) -> None:
        self._masses = masses
        self._softening_squared = np.float32(softening_kpc**2)
        self._threads = threads
        self._order = np.arange(len(masses))

    def accelerations(self, positions: np.ndarray) -> np.ndarray:
        """Return the accelerations (n, 3) in kpc/Myr^2, float64, of particles at ``positions`` (n, 3) in kpc."""
        keys, width = _morton_keys(positions)
        # From the last order, which is nearly the new one after a time step, sorting takes a third of the time.
        self._order = self._order[np.argsort(keys[self._order], kind="stable")]
        points = _sorted_points(self._order, positions, self._masses)
        cells = _divide(keys[self._order], LARGEST_LEAF)
        centres = _centres_of_mass(cells, points)
        widths = (width / OPENING_ANGLE / 2.0 ** cells[:, LEVEL]).astype(np.float32)
        groups = _find_groups(cells, LARGEST_GROUP)
        accelerations = np.empty(positions.shape)

        def pull(thread: int) -> None:
            mine = np.ascontiguousarray(groups[thread :: self._threads])  # or numba compiles for a stride, too
            _pull_groups(mine, cells, centres, widths, points, self._order, self._softening_squared, accelerations)

        _share(self._threads, pull)
        return accelerations


def potential_energy(positions: np.ndarray, masses: np.ndarray, softening_kpc: float, threads: int = 1) -> float:
    """Return the Plummer-softened potential energy in 1e10 Msun kpc^2/Myr^2 of particles, by direct summation.

    ``positions`` (n, 3) in kpc, ``masses`` (n,) in 1e10 Msun; ``threads`` as in ``TreeGravity``.
    """
    points = np.vstack((positions.T, masses)).astype(np.float32, order="C")
    sums = np.empty(len(masses), np.float32)
    _share(threads, lambda thread: _direct_potential(thread, threads, points, np.float32(softening_kpc**2), sums))
    return -G * float(masses @ sums)


def compile_all() -> None:
    """Compile what is below for this processor, and let numba keep it beside this file: otherwise the first simulations
    do, each by itself."""
    positions, masses = np.eye(3), np.ones(3)
    TreeGravity(masses, softening_kpc=1.0).accelerations(positions)
    potential_energy(positions, masses, softening_kpc=1.0)


def _share(threads: int, work: Callable[[int], None]) -> None:
    """Do the ``work`` of each of ``threads`` side by side, of which this thread is the first."""
    with ThreadPoolExecutor(max(1, threads - 1)) as pool:
        others = [pool.submit(work, thread) for thread in range(1, threads)]
        work(0)
        for other in others:
            other.result()


FIRST, END, AFTER, LEVEL = 0, 1, 2, 3
"""Columns of the cells: their first particle and the one after the last, the next cell that is not part of them, and
how often the cube was divided. The cells are in depth-first order; a cell is a leaf if AFTER is the next one."""


# What follows spells out minima, sums and copies of slices: numba takes seconds to compile numpy's.
@njit(cache=True, fastmath=True)
def _extremes(values: np.ndarray) -> tuple[float, float]:
    """Return the lowest and the highest of the ``values``."""
    lowest = highest = values[0]
    for value in values:
        lowest, highest = min(lowest, value), max(highest, value)
    return lowest, highest


@njit(cache=True)
def _morton_keys(positions: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the interleaved bits of the coordinates (n, 3) in the cube of all, int64 (n,), and its width."""
    corner, width = np.empty(3), 1e-9
    for axis in range(3):
        corner[axis], highest = _extremes(positions[:, axis])
        width = max(width, highest - corner[axis])
    width *= 1 + 1e-6
    keys = np.empty(len(positions), np.int64)
    for i in range(len(positions)):
        key = np.int64(0)
        for axis in range(3):
            bits = np.int64((positions[i, axis] - corner[axis]) * (2**LEVELS / width))
            bits = (bits | (bits << 32)) & 0x1F00000000FFFF
            bits = (bits | (bits << 16)) & 0x1F0000FF0000FF
            bits = (bits | (bits << 8)) & 0x100F00F00F00F00F
            bits = (bits | (bits << 4)) & 0x10C30C30C30C30C3
            bits = (bits | (bits << 2)) & 0x1249249249249249
            key |= bits << axis
        keys[i] = key
    return keys, width


@njit(cache=True)
def _sorted_points(order: np.ndarray, positions: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """Return x, y and z, relative to their means, and the masses of the particles in ``order`` (n,), float32 (4, n)."""
    points = np.empty((4, len(order)), np.float32)
    for axis in range(3):
        mean = positions[:, axis].mean()
        for i in range(len(order)):
            points[axis, i] = positions[order[i], axis] - mean
    for i in range(len(order)):
        points[3, i] = masses[order[i]]
    return points


@njit(cache=True)
def _divide(keys: np.ndarray, largest_leaf: int) -> np.ndarray:
    """Return the cells (m, 4), int64, into which the sorted ``keys`` (n,) fall."""
    cells = np.empty((2 * len(keys) + LEVELS + 1, 4), np.int64)
    waiting = np.empty((8 * LEVELS, 3), np.int64)  # first particle, end, level
    waiting[0, 0], waiting[0, 1], waiting[0, 2] = 0, len(keys), 0
    top, count = 1, 0
    while top:
        top -= 1
        first, end, level = waiting[top, 0], waiting[top, 1], waiting[top, 2]
        cells[count, FIRST], cells[count, END], cells[count, LEVEL] = first, end, level
        count += 1
        if end - first <= largest_leaf or level == LEVELS:
            continue
        shift = 3 * (LEVELS - 1 - level)
        while end > first:  # from the last octant to the first, so that the first is taken first
            octant = keys[end - 1] >> shift
            low, high = first, end - 1
            while low < high:
                middle = (low + high) // 2
                if keys[middle] >> shift < octant:
                    low = middle + 1
                else:
                    high = middle
            waiting[top, 0], waiting[top, 1], waiting[top, 2] = low, end, level + 1
            top += 1
            end = low
    next_at = np.full(LEVELS + 1, count)  # the next cell at this level or above
    for cell in range(count - 1, -1, -1):
        cells[cell, AFTER] = next_at[cells[cell, LEVEL]]
        next_at[cells[cell, LEVEL] :] = cell
    return cells[:count].copy()


@njit(cache=True)
def _centres_of_mass(cells: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return the centre and the mass of each cell, float32 (m, 4)."""
    centres = np.empty((len(cells), 4), np.float32)
    sums = np.empty((len(cells), 4))
    for cell in range(len(cells) - 1, -1, -1):
        for column in range(4):
            sums[cell, column] = 0
        after = cells[cell, AFTER]
        if after == cell + 1:
            for i in range(cells[cell, FIRST], cells[cell, END]):
                for axis in range(3):
                    sums[cell, axis] += points[3, i] * points[axis, i]
                sums[cell, 3] += points[3, i]
        part = cell + 1
        while part < after:
            for column in range(4):
                sums[cell, column] += sums[part, column]
            part = cells[part, AFTER]
        for axis in range(3):
            centres[cell, axis] = sums[cell, axis] / sums[cell, 3]
        centres[cell, 3] = sums[cell, 3]
    return centres


@njit(cache=True)
def _find_groups(cells: np.ndarray, largest: int) -> np.ndarray:
    """Return the largest cells with no more than ``largest`` particles, or that cannot be divided, int64 (k,)."""
    groups = np.empty(len(cells), np.int64)
    count, cell = 0, 0
    while cell < len(cells):
        if cells[cell, END] - cells[cell, FIRST] <= largest or cells[cell, AFTER] == cell + 1:
            groups[count] = cell
            count += 1
            cell = cells[cell, AFTER]
        else:
            cell += 1
    return groups[:count]


@njit(cache=True, nogil=True)
def _pull_groups(groups, cells, centres, widths, points, order, softening_squared, accelerations):  # type: ignore[no-untyped-def]
    """Set the ``accelerations`` (n, 3), float64, of the particles of some groups, in the order before sorting."""
    sources = np.empty((4, points.shape[1] + len(cells)), np.float32)
    for group in groups:
        first, end = cells[group, FIRST], cells[group, END]
        count = _list_sources(first, end, cells, centres, widths, points, sources)
        _sum_pull(points, first, end, sources, count, softening_squared, order, accelerations)


@njit(cache=True, fastmath=True)
def _list_sources(first, end, cells, centres, widths, points, sources):  # type: ignore[no-untyped-def]
    """Fill ``sources`` (4, …) with what pulls the particles from ``first`` to ``end``, and return how many they are."""
    left, right = _extremes(points[0, first:end])
    front, back = _extremes(points[1, first:end])
    low, high = _extremes(points[2, first:end])
    nothing = np.float32(0)
    count, cell = 0, 0
    while cell < len(cells):
        dx = max(left - centres[cell, 0], centres[cell, 0] - right, nothing)
        dy = max(front - centres[cell, 1], centres[cell, 1] - back, nothing)
        dz = max(low - centres[cell, 2], centres[cell, 2] - high, nothing)
        if widths[cell] * widths[cell] <= dx * dx + dy * dy + dz * dz:
            for axis in range(4):
                sources[axis, count] = centres[cell, axis]
            count += 1
            cell = cells[cell, AFTER]
            continue
        if cells[cell, AFTER] == cell + 1:
            start, inside = cells[cell, FIRST], cells[cell, END] - cells[cell, FIRST]
            for axis in range(4):
                for i in range(inside):
                    sources[axis, count + i] = points[axis, start + i]
            count += inside
        cell += 1
    return count


@njit(cache=True, fastmath=True, error_model="numpy")
def _sum_pull(points, first, end, sources, count, softening_squared, order, accelerations):  # type: ignore[no-untyped-def]
    """Sum the pull of the first ``count`` sources on the particles from ``first`` to ``end``."""
    x, y, z, mass = sources[0], sources[1], sources[2], sources[3]
    for i in range(first, end):
        ax = ay = az = np.float32(0)
        for j in range(count):
            dx, dy, dz = x[j] - points[0, i], y[j] - points[1, i], z[j] - points[2, i]
            square = dx * dx + dy * dy + dz * dz + softening_squared
            weight = mass[j] / (square * np.sqrt(square))
            ax += weight * dx
            ay += weight * dy
            az += weight * dz
        for axis, pull in enumerate((ax, ay, az)):
            accelerations[order[i], axis] = G * pull


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def _direct_potential(thread, threads, points, softening_squared, sums):  # type: ignore[no-untyped-def]
    """Set for one ``thread``'s particles the ``sums`` (n,), float32, of mass over distance of those before each."""
    x, y, z, mass = points[0], points[1], points[2], points[3]
    for i in range(thread, len(x), threads):
        total = np.float32(0)
        for j in range(i):
            dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
            total += mass[j] / np.sqrt(dx * dx + dy * dy + dz * dz + softening_squared)
        sums[i] = total
