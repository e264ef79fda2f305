"""The views of an image that need no interpolation: its quarter turns, and those of its mirror image."""

import numpy as np

VIEWS = 8
"""Of an image in which pixels are moved and not interpolated: its four quarter turns, and the mirror image of each."""


def turned(images: np.ndarray, view: int) -> np.ndarray:
    """Return images (n, pixels, pixels, …) in one of the VIEWS, by its number: so many quarter turns counterclockwise,
    from 4 on of the image mirrored left to right; 0 is as they are."""
    mirrored = images[:, :, ::-1] if view >= 4 else images
    return np.ascontiguousarray(np.rot90(mirrored, view % 4, axes=(1, 2)))
