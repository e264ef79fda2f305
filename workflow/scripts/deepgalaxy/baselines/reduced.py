"""Images at the size that the baselines look at."""

import numpy as np
from skimage.transform import downscale_local_mean, resize_local_mean


def reduce_image(image: np.ndarray, largest_side: int) -> np.ndarray:
    """Return an image (pixels, pixels) with sides of at most ``largest_side`` pixels, each a mean over an area."""
    factor, rest = divmod(len(image), largest_side)
    if len(image) <= largest_side:
        return image
    if not rest:  # the same, six times as fast
        return downscale_local_mean(image, (factor, factor))
    return resize_local_mean(image, (largest_side, largest_side))
