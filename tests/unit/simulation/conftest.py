import numpy as np
import pytest

from deepgalaxy.simulation.galaxy import sample_galaxy
from deepgalaxy.simulation.model import GalaxyModel

SOFTENING_KPC = 0.3


@pytest.fixture(scope="session")
def galaxy():
    return sample_galaxy(GalaxyModel(), disc=2000, bulge=400, halo=3600, rng=np.random.default_rng(1))
