"""Where the two nuclei of a merger are, and what their paths tell of it."""

import numpy as np

COALESCED_KPC, COALESCED_MYR = 1.0, 100.0
"""Two nuclei have coalesced when they have come this close and stay so for this long."""

PROMINENCE_KPC = 1.0
"""By how much the separation of two nuclei rises on both sides of a pericentre, at least."""


def find_nucleus(positions: np.ndarray, masses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the densest place (3,) of particles at ``positions`` (n, 3) in kpc, and whether each, (n,), is near it.

    It is the centre of mass inside ever smaller spheres (Power et al. 2003, MNRAS 338, 14, sec. 2.5), from the median.
    """
    centre = np.median(positions, axis=0)
    inside = np.ones(len(positions), bool)
    for radius in (10.0, 5.0, 2.5, 1.2):
        for _ in range(4):
            offset = positions - centre
            smaller = np.einsum("ij,ij->i", offset, offset) < radius**2
            if np.count_nonzero(smaller) < 10:
                return centre, inside
            if (smaller == inside).all():
                break
            inside = smaller
            centre = masses[inside] @ positions[inside] / masses[inside].sum()
    return centre, inside


def pericentre_times(t_myr: np.ndarray, separation_kpc: np.ndarray) -> np.ndarray:
    """Return the times in Myr of the pericentric passages: minima of the nuclear separation of PROMINENCE_KPC.

    From such a minimum, the separation rises by that much on both sides before it falls below the minimum. These are
    the peaks of that prominence that ``scipy.signal.find_peaks`` finds in minus the separation, but its import takes
    a tenth as long as a simulation of the demonstration.
    """
    passages: list[int] = []
    turning_point, approaching = 0, False
    for now, separation in enumerate(separation_kpc):
        since = separation - separation_kpc[turning_point]
        if (since < 0) == approaching:
            turning_point = now
        elif abs(since) >= PROMINENCE_KPC:
            if approaching:
                passages.append(turning_point)
            turning_point, approaching = now, not approaching
    return t_myr[passages]


def coalescence_time(t_myr: np.ndarray, separation_kpc: np.ndarray) -> float:
    """Return the first time in Myr from which the nuclei stay within COALESCED_KPC for COALESCED_MYR, or NaN.

    ``t_myr`` and ``separation_kpc`` (n,) are their path so far, at increasing times.
    """
    apart = separation_kpc >= COALESCED_KPC
    # The time since the nuclei were last apart, at each time.
    last_apart = np.maximum.accumulate(np.where(apart, np.arange(len(t_myr)), -1))
    together = np.minimum(last_apart + 1, len(t_myr) - 1)
    long_enough = ~apart & (t_myr - t_myr[together] >= COALESCED_MYR)
    return float(t_myr[together[long_enough.argmax()]]) if long_enough.any() else np.nan
