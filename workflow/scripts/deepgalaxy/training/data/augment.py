"""Training images as a telescope might have shown them: mirrored, turned, scaled, moved, blurred, brighter, in a sky.

What is done to an image depends on the seed, its place in the prepared file and the epoch, and on nothing else: it is
the same on any number of ranks, for any size of batches, and in a run that was interrupted. With mirrors and quarter
turns alone, pixels are moved, never interpolated. Everything else is done to the light of the image's frame, which is
finer than what a network sees, and stretched afterwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import h5py
import numpy as np

from deepgalaxy.image import FAINTEST
from deepgalaxy.resampling import Move, Sight, blurred, light_of, reduced, store
from deepgalaxy.seeds import derive_seed
from deepgalaxy.views import turned

NOISE_POOL = 2**18
"""Normal deviates drawn once; the noise of an image is a stretch of them that begins anywhere."""
TOGETHER = 8
"""Images that are stretched together: fewer calls than for each alone, and all fit into a core's cache."""


@dataclass(frozen=True)
class Ranges:
    """What may be done to a training image; the names and meanings are those of ``TrainingOptions``."""

    mirror: bool = False
    turn: str = "none"
    scale: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    blur_kpc: tuple[float, float] = (0.0, 0.0)
    sky: tuple[float, float] = (0.0, 0.0)
    gain: tuple[float, float] = (1.0, 1.0)

    @property
    def none(self) -> bool:
        """Whether images stay as they are."""
        return self == Ranges()

    @property
    def resampling(self) -> bool:
        """Whether more is done than to move pixels."""
        return self != Ranges(self.mirror, self.turn) or self.turn == "any"


class Draw(NamedTuple):
    """What is done to one image: a move, a blur of ``blur_kpc``, noise of ``sky`` in units of FAINTEST, and light times
    ``gain``. ``noise`` and ``cutout`` in [0, 1) say which part of the pool, or which cut-out of the background in which
    quarter turn."""

    move: Move
    blur_kpc: float
    sky: float
    noise: float
    cutout: float
    gain: float


class Numbers:
    """Random numbers as a function of an image and an epoch: those of the counter-based generator Philox (Salmon et al.
    2011, SC11) for a key and the counter (place, epoch). Of use to one thread at a time."""

    def __init__(self, key: int) -> None:
        self._bits = np.random.Philox(key=key)
        self._generator = np.random.Generator(self._bits)
        self._state = self._bits.state

    def of(self, place: int, epoch: int, count: int) -> list[float]:
        """Return ``count`` numbers in [0, 1) for the image at a place of a prepared file in an epoch."""
        # To set the state takes a quarter of the time of making a generator.
        self._state["state"]["counter"][:] = (0, 0, place, epoch)
        self._state["buffer_pos"] = len(self._state["buffer"])
        self._bits.state = self._state
        numbers: list[float] = self._generator.random(count).tolist()
        return numbers


def draw(ranges: Ranges, numbers: Numbers, place: int, epoch: int) -> Draw:
    """Return what is done to the image at a ``place`` of a prepared file in an epoch.

    Each option has a number of its own, so that setting one does not change what another one does.
    """
    turn, mirror, scale, right, down, blur, sky, noise, cutout, gain = numbers.of(place, epoch, 10)
    angle = {"none": 0.0, "quarter": 90.0 * int(4 * turn), "any": 360 * turn}[ranges.turn]
    move = Move(
        angle,
        ranges.mirror and mirror < 0.5,
        _evenly_in_logarithm(ranges.scale, scale),
        ranges.shift * (2 * right - 1),
        ranges.shift * (2 * down - 1),
    )
    return Draw(
        move,
        _within(ranges.blur_kpc, blur),
        _within(ranges.sky, sky),
        noise,
        cutout,
        _evenly_in_logarithm(ranges.gain, gain),
    )


def _within(limits: tuple[float, float], share: float) -> float:
    return limits[0] + share * (limits[1] - limits[0])


def _evenly_in_logarithm(limits: tuple[float, float], share: float) -> float:
    return limits[0] * (limits[1] / limits[0]) ** share


class Augmentation:
    """What is done to the training images of a run.

    ``sight`` is how they were prepared, ``background`` the light (m, pixels, pixels), float32, of cut-outs of the sky
    whose noise has a standard deviation of one FAINTEST, None for Gaussian noise. OpenCV works with one thread from
    then on: ranks and TensorFlow divide the cores among themselves.
    """

    def __init__(self, ranges: Ranges, sight: Sight, seed: int, background: np.ndarray | None = None) -> None:
        self.ranges, self.sight, self.background = ranges, sight, background
        self._numbers = Numbers(derive_seed(seed, "augment"))
        pool = np.random.default_rng(derive_seed(seed, "sky"))
        self._noise = pool.standard_normal(NOISE_POOL + sight.pixels**2, np.float32) if ranges.sky[1] else np.empty(0)
        # To work in the same memory saves mapping it anew for each image, a third of the time.
        self._frames = np.empty((2, 0, 0), np.float32)
        self._light = np.empty((2, TOGETHER, sight.pixels, sight.pixels), np.float32)
        cv2.setNumThreads(1)

    @property
    def source(self) -> str:
        """The dataset of the prepared file that it works on."""
        return "frames" if self.ranges.resampling else "images"

    def apply(self, stored: Sequence[np.ndarray], places: np.ndarray, epoch: int) -> np.ndarray:
        """Return images as a network sees them, (n, pixels, pixels, 1), of those ``stored`` in the dataset ``source``,
        n times (side, side, 1), at ``places`` (n,) of the prepared file, of the same type."""
        images = np.empty((len(stored), self.sight.pixels, self.sight.pixels, 1), self.sight.dtype)
        draws = [draw(self.ranges, self._numbers, place, epoch) for place in places.tolist()]
        if not self.ranges.resampling:
            for image, one, drawn in zip(images, stored, draws):
                image[:, :, 0] = _moved(one, drawn.move)
            return images
        if self._frames.shape[1:] != stored[0].shape[:2]:
            self._frames = np.empty((2, *stored[0].shape[:2]), np.float32)
        for start in range(0, len(stored), TOGETHER):
            some = slice(start, start + TOGETHER)
            light, scratch = self._light[:, : len(draws[some])]
            for seen, frame, drawn in zip(light, stored[some], draws[some]):
                self._resample(frame[:, :, 0], drawn, seen)
            store(light, self.sight.dtype, self.sight.shape, images[some, :, :, 0], scratch)
        return images

    def _resample(self, frame: np.ndarray, drawn: Draw, light: np.ndarray) -> None:
        """Write into ``light`` (pixels, pixels), float32, what is seen of a frame (S, S) after what was drawn."""
        reduced(light_of(frame, self._frames[0]), self.sight, drawn.move, out=light, scratch=self._frames[1])
        if drawn.gain != 1:
            light *= np.float32(drawn.gain)
        if drawn.blur_kpc:
            blurred(light, drawn.blur_kpc / self.sight.pixel_kpc, light)
        if drawn.sky:
            cv2.scaleAdd(self._sky(drawn), FAINTEST * drawn.sky, light, dst=light)

    def _sky(self, drawn: Draw) -> np.ndarray:
        """Return light of a sky, (pixels, pixels) float32, in units of the standard deviation of its noise."""
        pixels = self.sight.pixels
        if self.background is None:
            first = int(drawn.noise * NOISE_POOL)
            return self._noise[first : first + pixels**2].reshape(pixels, pixels)
        which, turn = divmod(int(drawn.cutout * 4 * len(self.background)), 4)
        return turned(self.background[which : which + 1], turn)[0]


def _moved(image: np.ndarray, move: Move) -> np.ndarray:
    """Return an image (pixels, pixels, 1) mirrored and turned by quarters, (pixels, pixels)."""
    return turned(image[None, :, :, 0], round(move.angle / 90) % 4 + 4 * move.mirror)[0]


def read_background(path: str | Path | None, pixels: int) -> np.ndarray:
    """Return the cut-outs of a file that ``prepare_background`` wrote, float32 (m, pixels, pixels).

    Raises ValueError if the file is not given or not there, or has none of this size.
    """
    if path is None:
        raise ValueError("`background` needs its cut-outs as one file; give --background-file.")
    if not Path(path).is_file() or not h5py.is_hdf5(path):
        raise ValueError(f"{path} is no file of cut-outs of the sky; prepare_background writes one.")
    with h5py.File(path) as file:
        light: np.ndarray = file["light"][:]
    if not len(light) or light.shape[1:] != (pixels, pixels):
        raise ValueError(f"{path} holds no cut-outs of {pixels} × {pixels} pixels; have it made anew for this sample.")
    return light
