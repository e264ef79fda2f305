"""Stretches of time, to which times belong by whole numbers."""

import numpy as np
import pandas as pd

PARTS = 10_000
"""So many parts of a stretch are counted in whole numbers, so that a time which begins one is in it, though rounding
has made it a little less: 0.1 + 0.7 is below 0.8, and 0.7 in float32 below 0.7."""


def place_among_parts(times: pd.Series, start: float, width: float) -> np.ndarray:
    """Return how many PARTS of so much time have passed since ``start`` at each time, whole numbers, float64 (n,); NaN
    where there is no time."""
    return np.round((times.to_numpy(float) - start) / width * PARTS)
