"""What jobs ask a batch system for: memory by what they hold, as tests/benchmarks/memory.py measures it."""

import csv
import math
from pathlib import Path

READING_MIB = 1000
"""Memory of a job that reads images, with the Snakemake in it, beside the images."""
MORPHOLOGY_BYTES_PER_PIXEL = 200
"""Memory of an image whose morphology is measured, over its pixels: most of it for the convolution with itself, padded
to twice the width, and for sorting."""
RENDERING_BYTES_PER_PIXEL = 200
"""Memory of all images of one snapshot while they are rendered, over the pixels of one."""


def scaled_by_attempt(amount: int, attempt: int, most: int) -> int:
    """Return what a job asks for at its ``attempt`` (from 1 on): ``amount`` times that, but not more than ``most``.

    What the first asks for is never cut, so that a job that is too large for the cluster is refused rather than killed.
    """
    return max(amount, min(amount * attempt, most))


def morphology_mib(pixels: int, processes: int) -> int:
    """Return the MiB that so many processes take to measure images of so many pixels a side, one at a time each."""
    return READING_MIB + processes * (100 + math.ceil(MORPHOLOGY_BYTES_PER_PIXEL * pixels**2 / 2**20))


def rendering_mib(pixels: int) -> int:
    """Return the MiB that it takes to render images of so many pixels a side, those of one snapshot at a time."""
    return 1500 + math.ceil(RENDERING_BYTES_PER_PIXEL * pixels**2 / 2**20)


def largest_piece_mib(catalogue: str | Path) -> int:
    """Return the MiB that it takes to read any smallest piece of a dataset, of which its catalogue has the
    ``least_bytes``; what is damaged has none. 0 for a catalogue of an earlier version, which is made anew first."""
    with open(catalogue, newline="", encoding="utf-8") as file:
        sizes = [float(row["least_bytes"]) for row in csv.DictReader(file) if row.get("least_bytes")]
    return math.ceil(max(sizes, default=0) / 2**20)
