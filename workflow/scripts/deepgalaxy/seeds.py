"""One seed in the configuration; an independent stream of random numbers for every use of it."""

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """Return a 32-bit seed for the use called ``names``, independent of the seeds derived for other names.

    The names enter NumPy's ``SeedSequence``, which is made to turn structured input into independent streams and is
    the same on every machine.

    >>> derive_seed(1, "split") != derive_seed(1, "prepare") != derive_seed(2, "prepare")
    True
    """
    entropy = [seed, *"/".join(map(str, names)).encode()]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
