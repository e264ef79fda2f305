"""The fourteen cameras of the DeepGalaxy dataset, by their published positions around the merger."""

import numpy as np

CAMERA_COUNT = 14
ANTIPODAL_PAIRS = ((0, 1), (2, 12), (3, 13), (4, 10), (5, 11), (6, 8), (7, 9))
"""Cameras on opposite sides. An image without front and back shows the same structure mirrored in both."""
LINE_OF_SIGHT = {camera: pair for pair, cameras in enumerate(ANTIPODAL_PAIRS) for camera in cameras}
"""The number of the pair that each camera belongs to."""


def camera_numbers(cameras: int | list[int]) -> list[int]:
    """Return the cameras meant by a count (the first n, 1 to 14) or by a list of numbers from 0 to 13."""
    numbers = list(range(cameras)) if isinstance(cameras, int) else sorted(set(cameras))
    if not numbers or not set(numbers) <= set(range(CAMERA_COUNT)):
        raise ValueError(f"`cameras` is {cameras}; give a count from 1 to 14, or a list of numbers from 0 to 13.")
    return numbers


def camera_directions() -> np.ndarray:
    """Return the unit vectors from the centre of mass to the cameras, float64 of shape (14, 3).

    Camera 0 looks from the +z pole and 1 from the -z pole; 2 to 5 stand at polar angle 45 degrees, 6 to 9 at 90 and
    10 to 13 at 135, each ring at azimuth 0, 90, 180 and 270 degrees.
    """
    poles = [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)]
    rings = [
        (np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar))
        for polar in np.radians((45, 90, 135))
        for azimuth in np.radians((0, 90, 180, 270))
    ]
    return np.array(poles + rings)


def image_axes(direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vectors, each of shape (3,), that point right and up in the image of a camera at ``direction``.

    Up is the projection of +z, or of +y for the cameras at the poles. Right, up and ``direction`` (towards the viewer)
    are right-handed.
    """
    reference = np.array((0.0, 1.0, 0.0)) if abs(direction[2]) > 0.99 else np.array((0.0, 0.0, 1.0))
    right = np.cross(reference, direction)
    right /= np.linalg.norm(right)
    return right, np.cross(direction, right)
