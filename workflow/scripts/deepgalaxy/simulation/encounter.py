"""How two galaxies meet."""

from dataclasses import asdict, dataclass

import numpy as np


@dataclass(frozen=True)
class Encounter:
    """How two galaxies meet: ``approach_myr`` before the pericentre of the Kepler orbit that point masses would follow,
    which has ``pericentre_kpc`` and ``eccentricity``. The disc of either galaxy is tilted by its ``inclination_deg``
    about the x axis and turned by its ``node_deg`` about the z axis; the orbit lies in the x-y plane, counterclockwise,
    so that a disc with an inclination below 90 degrees is prograde.
    """

    approach_myr: float
    pericentre_kpc: float
    eccentricity: float
    primary_inclination_deg: float
    primary_node_deg: float
    companion_inclination_deg: float
    companion_node_deg: float

    def varied(self, orbit_spread: float, spin_spread_deg: float, seed: int) -> "Encounter":
        """Return this encounter with its pericentre scaled by up to ``orbit_spread`` (a fraction) either way, its
        distance from a parabola likewise, and its four disc angles shifted by up to ``spin_spread_deg`` either way.

        Raises ValueError if an eccentricity below 0 is among what is possible.
        """
        if 1 - (1 - self.eccentricity) * (1 + orbit_spread) < 0:
            raise ValueError(
                f"`encounter: orbit_spread: {orbit_spread}` allows eccentricities below 0, as the mean one is"
                f" {self.eccentricity}; lower the spread to {self.eccentricity / (1 - self.eccentricity):.3g} at most."
            )
        rng = np.random.default_rng(seed)
        # Plain numbers: as parameters of a rule, these are compared and recorded by what they are written as.
        pericentre, unbound = (1 + orbit_spread * rng.uniform(-1, 1, 2)).tolist()
        angles = {name: value for name, value in asdict(self).items() if name.endswith("_deg")}
        shifts = (spin_spread_deg * rng.uniform(-1, 1, len(angles))).tolist()
        return Encounter(
            approach_myr=self.approach_myr,
            pericentre_kpc=self.pericentre_kpc * pericentre,
            eccentricity=1 - (1 - self.eccentricity) * unbound,
            **{name: value + shift for (name, value), shift in zip(angles.items(), shifts)},
        )
