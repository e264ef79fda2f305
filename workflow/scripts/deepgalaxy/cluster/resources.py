"""What jobs ask a batch system for: memory by what they hold, measured by tests/benchmarks/memory.py."""

import math

MORPHOLOGY_BYTES_PER_PIXEL = 200
"""Memory of an image whose morphology is measured, over its pixels: most of it for the convolution with itself, padded
to twice the width, and for sorting."""


def scaled_by_attempt(amount: int, attempt: int, most: int) -> int:
    """Return what a job asks for at its ``attempt`` (from 1 on): ``amount`` times that, but not more than ``most``.

    What the first asks for is never cut, so that a job that is too large for the cluster is refused rather than killed.
    """
    return max(amount, min(amount * attempt, most))


def morphology_mib(pixels: int, processes: int) -> int:
    """Return the MiB that so many processes take to measure images of so many pixels a side, one at a time each."""
    return 600 + processes * (100 + math.ceil(MORPHOLOGY_BYTES_PER_PIXEL * pixels**2 / 2**20))
