"""Benchmark of rendering, run by hand: ``python tests/benchmarks/rendering.py [pixels] [stars]``.

Prints milliseconds per image, on one core, for all fourteen images of a snapshot: of two exponential discs and the
stars strewn around them, 80 kpc to each side. The shortest of several rounds counts.
"""

import sys
import time

import cv2
import numpy as np

from deepgalaxy.image import stretch
from deepgalaxy.simulation.render import take_images

ROUNDS = 20


def make_stars(number):
    """Return positions in kpc of two discs at right angles, with a tenth of the stars around them."""
    rng = np.random.default_rng(1)
    radius, azimuth = rng.gamma(2, 3, number), rng.uniform(0, 2 * np.pi, number)
    positions = np.stack((radius * np.cos(azimuth), radius * np.sin(azimuth), rng.laplace(0, 0.3, number)), axis=1)
    half = number // 2
    positions[:half] = positions[:half, ::-1] + (15, 5, 0)
    positions[::10] += rng.normal(0, 25, (len(positions[::10]), 3))
    return positions


def main(pixels=128, number=10_000):
    """Measure and print."""
    cv2.setNumThreads(1)
    positions, masses = make_stars(number), np.full(number, 10 / number)
    rendering, stretching = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        images, share_inside = take_images(positions, masses, np.eye(3), pixels, 80.0)
        rendered = time.perf_counter()
        stretch(images)
        rendering.append(rendered - start)
        stretching.append(time.perf_counter() - rendered)
    count = len(images)
    print(f"{number} stars ({share_inside:.1%} of them in the frame), {count} images of {pixels} pixels, one core")
    print(f"rendering: {1e3 * min(rendering) / count:.2f} ms an image; stretching: {1e3 * min(stretching) / count:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
