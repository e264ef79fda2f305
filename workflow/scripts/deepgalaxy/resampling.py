"""What a network sees of a frame: an image's light, moved, turned, scaled, reduced and blurred, and stretched at last.

A frame is the whole rendered field, (S, S), at ``oversampling`` times the resolution of what a network sees; that is
the middle of it, (pixels, pixels) once it is reduced. Light is a surface density, in 1e10 Msun/kpc^2 for simulated
images.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np

from deepgalaxy.image import BRIGHTEST, FAINTEST, density_of, disc

SQUARE, DISC = ("square", "disc")
"""What images show: all of their square, or the inscribed disc alone."""
FULL = float(np.arcsinh(BRIGHTEST / FAINTEST))
"""What the stretch makes of the brightest light, before it is divided by this."""


@dataclass(frozen=True)
class Sight:
    """The form of what a network sees: ``pixels`` a side, of type ``dtype`` (uint8 or float16), a ``square`` or a
    ``disc``; how much finer its frames are, 0 if there are none; and half its width in kpc, None if it is not known."""

    pixels: int
    dtype: str
    shape: str = SQUARE
    oversampling: int = 0
    half_width_kpc: float | None = None

    @property
    def pixel_kpc(self) -> float:
        """The width of a pixel in kpc. Raises ValueError if it is not known."""
        if self.half_width_kpc is None:
            raise ValueError(
                "It is not known how many kpc the images show; set `images: half_width_kpc` of the sample, if the"
                " dataset records its field."
            )
        return 2 * self.half_width_kpc / self.pixels

    def frame_pixels(self, rendered: float, seen: float) -> int:
        """Return the side of a frame that is ``rendered`` wide where a network sees the middle ``seen``, in any unit:
        the nearest number of pixels that leaves as many on both sides."""
        inside = self.pixels * self.oversampling
        return inside + 2 * round(inside * (rendered / seen - 1) / 2)


class Move(NamedTuple):
    """How a scene is placed in the field of view: mirrored left to right, then turned counterclockwise by ``angle`` in
    degrees, then made to appear ``scale`` times as large, then moved right and down by fractions of the width seen."""

    angle: float = 0.0
    mirror: bool = False
    scale: float = 1.0
    right: float = 0.0
    down: float = 0.0


UPRIGHT = Move()


def light_of(stored: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the light, float32, of an image as it is stored, uint8 in 0..255 or float16 in [0, 1], of any shape: the
    inverse of ``deepgalaxy.image.stretch``. That of uint8 is written into ``out``, of that shape, if it is given."""
    if stored.dtype == np.uint8:
        return cv2.LUT(stored, _table("uint8"), dst=out).reshape(stored.shape)
    return _table("float16")[stored.view(np.uint16)]


@cache
def _table(dtype: str) -> np.ndarray:
    """The light of each value that an image of this type may have, by its bits, float32."""
    if dtype == "uint8":
        brightness = np.arange(256) / 255
    else:
        brightness = np.clip(np.nan_to_num(np.arange(2**16, dtype=np.uint16).view(np.float16).astype(float)), 0, 1)
    return density_of(brightness).astype(np.float32)


def to_store(light: np.ndarray, sight: Sight) -> np.ndarray:
    """Return light (pixels, pixels) as a network reads it: stretched, cut to the disc if it sees one, of its type."""
    return store(light, sight.dtype, sight.shape)


def store(
    light: np.ndarray,
    dtype: str,
    shape: str = SQUARE,
    out: np.ndarray | None = None,
    scratch: np.ndarray | None = None,
) -> np.ndarray:
    """Return light (n, n) or (images, n, n), float32, stretched (``deepgalaxy.image.stretch``), cut to the inscribed
    disc if ``shape`` is ``disc``, and stored as uint8 in 0..255 or float16 in [0, 1]. What is below zero becomes black.

    It is written into ``out``, contiguous and of that type and shape, if it is given; ``scratch``, float32 and as large
    as ``light``, is memory to work in, as ``light`` then is, too.
    """
    # arcsinh(x) = log(x + sqrt(x² + 1)); NumPy's takes four times as long. OpenCV knows rows and columns only.
    pixels = light.shape[-1]
    rows = light.reshape(-1, pixels)
    x = np.maximum(rows, 0, out=None if scratch is None else rows)
    x *= np.float32(1 / FAINTEST)
    root = cv2.multiply(x, x, dst=None if scratch is None else scratch.reshape(-1, pixels))
    np.add(root, np.float32(1), out=root)
    cv2.sqrt(root, dst=root)
    cv2.add(x, root, dst=x)
    brightness = cv2.log(x, dst=x)
    if shape == DISC:
        each = brightness.reshape(-1, pixels**2)
        each *= disc(pixels).ravel()
    if out is None:
        out = np.empty(light.shape, dtype)
    if dtype == "uint8":
        cv2.convertScaleAbs(brightness, dst=out.reshape(-1, pixels), alpha=255 / FULL)
    else:
        brightness /= np.float32(FULL)
        out[:] = np.clip(brightness, 0, 1, out=brightness).reshape(light.shape)
    return out


def reduced(
    light: np.ndarray,
    sight: Sight,
    move: Move = UPRIGHT,
    pixels: int | None = None,
    out: np.ndarray | None = None,
    scratch: np.ndarray | None = None,
) -> np.ndarray:
    """Return what is seen of a frame's ``light`` (S, S) after a move, float32 (pixels, pixels), those of ``sight``
    unless others are given.

    Means over squares of as many pixels as a pixel seen is wide are interpolated linearly, so that quarter turns,
    mirrors and no move at all are exact means over the pixels of the frame. Surface density stays as it is when the
    scale changes. Beyond the frame it is dark. It is written into ``out`` if that is given; ``scratch`` (S, S),
    float32, is memory to work in, as ``light`` then is, too.
    """
    pixels, step = pixels or sight.pixels, sight.oversampling / move.scale
    square = max(sight.oversampling, round(step))
    last = len(light) - square + 1
    # Sums over squares; for two by two pixels they take half the time of a box filter.
    of_rows, of_squares = (None, None) if scratch is None else (scratch[:last], light[:last, :last])
    rows = light[:last]
    for start in range(1, square):
        rows = cv2.add(rows, light[start : start + last], dst=of_rows)
    light = rows[:, :last]
    for start in range(1, square):
        light = cv2.add(light, rows[:, start : start + last], dst=of_squares)
    seen = cv2.warpAffine(
        light,
        _to_frame((len(light) - 1) / 2, pixels, step, move),
        (pixels, pixels),
        dst=out,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.multiply(seen, np.float32(1 / square**2), out=seen)


def _to_frame(middle: float, pixels: int, step: float, move: Move) -> np.ndarray:
    """Return the matrix (2, 3) that leads from a pixel seen, (column, row), to the square of the frame that it shows;
    the ``middle`` square is that of the centre, along both axes, and pixels seen are ``step`` squares apart."""
    quarters = move.angle / 90
    if quarters.is_integer():  # cosines that are 0 to the last bit
        cosine, sine = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(quarters) % 4]
    else:
        cosine, sine = math.cos(math.radians(move.angle)), math.sin(math.radians(move.angle))
    across = -step if move.mirror else step
    right, down = ((pixels - 1) / 2 + pixels * shift for shift in (move.right, move.down))
    return np.array(
        (
            (across * cosine, -across * sine, middle - across * (cosine * right - sine * down)),
            (step * sine, step * cosine, middle - step * (sine * right + cosine * down)),
        )
    )


def blurred(light: np.ndarray, sigma: float, out: np.ndarray | None = None) -> np.ndarray:
    """Return light (n, n) blurred by a Gaussian of standard deviation ``sigma`` in pixels; beyond the edge it is dark.
    It is written into ``out``, which may be ``light`` itself, if that is given.

    The kernel is the discrete analogue of the Gaussian (Lindeberg 1990, IEEE PAMI 12, 234), whose variance is that of
    the Gaussian however narrow it is.
    """
    if sigma <= 0:
        return light
    kernel = _kernel(round(float(sigma), 3))
    return cv2.sepFilter2D(light, -1, kernel, kernel, dst=out, borderType=cv2.BORDER_CONSTANT)


@cache
def _kernel(sigma: float) -> np.ndarray:
    """The discrete Gaussian of this standard deviation, float32, adding up to one."""
    reach = int(np.ceil(4 * sigma)) + 1
    waves = 2 * np.pi * np.fft.rfftfreq(8 * reach)
    around = np.fft.irfft(np.exp(-(sigma**2) * (1 - np.cos(waves))), 8 * reach)
    kernel = np.roll(around, reach)[: 2 * reach + 1]
    return (kernel / kernel.sum()).astype(np.float32)


def sight_of(attributes: Mapping, images: tuple[int, ...], dtype: str) -> Sight:
    """Return the sight that a prepared file has, from its attributes and the shape and type of its ``images``.

    A file that another version prepared has no attributes: it is square, without frames or a known field.
    """
    half_width = attributes.get("half_width_kpc")
    return Sight(
        images[1],
        dtype,
        str(attributes.get("shape", SQUARE)),
        int(attributes.get("oversampling", 0)),
        None if half_width is None else float(half_width),
    )
