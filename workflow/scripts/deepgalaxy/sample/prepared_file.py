"""What the images of a prepared file mean."""

import numpy as np


def as_brightness(images: np.ndarray, dtype: type = np.float32) -> np.ndarray:
    """Return images as they are stored, uint8 in 0..255 or float16 in [0, 1], as brightness in [0, 1], of any shape."""
    return images.astype(dtype) / (255 if images.dtype == np.uint8 else 1)
