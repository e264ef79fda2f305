"""Images that show no merger, made on the spot, to see which of them get a warning."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from deepgalaxy.image import cut_to_disc
from deepgalaxy.observed.preparing import Frame, light_above_background, prepare_light
from deepgalaxy.resampling import DISC
from deepgalaxy.seeds import derive_seed

PIXELS = 256
"""Of the images that are made, on each side."""
PHOTOGRAPHS = (
    *("astronaut", "brick", "camera", "cat", "cell", "chelsea", "clock", "coffee", "coins", "grass", "gravel"),
    *("hubble_deep_field", "immunohistochemistry", "moon", "page", "rocket", "text"),
)
"""Images that come with scikit-image; those that would have to be fetched are left out."""


def make_strangers(frame: Frame, seed: int, count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of each set, and its images (n, pixels, pixels, 1) as a network sees them: ``count`` of each kind,
    drawn from ``seed``, and the photographs that there are.

    An image goes the way of an observed one; those in which nothing stands out from the background, which would not be
    dated, are left out.
    """
    for name, draw in (("noise", draw_noise), ("star fields", draw_stars), ("lone spirals", draw_spiral)):
        rng = np.random.default_rng(derive_seed(seed, "strangers", name))
        yield name, _as_seen([draw(rng) for _ in range(count)], frame)
    yield "photographs", _as_seen(list(photographs()), frame, linear=False)


def _as_seen(images: list[np.ndarray], frame: Frame, linear: bool = True) -> np.ndarray:
    """Return images of any size as a network sees them, (n, pixels, pixels, 1)."""
    seen = []
    for image in images:
        with suppress(ValueError):
            light = light_above_background(image.astype(np.float32), frame.pixels)
            light = cut_to_disc(light) if frame.shape == DISC else light
            seen.append(prepare_light(light, linear, frame.brightness, frame.dtype))
    return np.array(seen, frame.dtype).reshape(-1, frame.pixels, frame.pixels, 1)


def draw_noise(rng: np.random.Generator) -> np.ndarray:
    """Return noise in clumps of a few pixels, (PIXELS, PIXELS): what is left of a bad sky; noise of single pixels alone
    is taken away before."""
    noise = rng.gamma(0.01, size=(PIXELS, PIXELS)).astype(np.float32)
    return cv2.GaussianBlur(noise, (0, 0), rng.uniform(2, 6))


def draw_stars(rng: np.random.Generator) -> np.ndarray:
    """Return a field of 20 to 200 stars with luminosities of a power law, (PIXELS, PIXELS), in noise."""
    field = np.zeros((PIXELS, PIXELS), np.float32)
    count = int(rng.integers(20, 200))
    np.add.at(field, tuple(rng.integers(0, PIXELS, (2, count))), rng.pareto(1.5, count) + 1)
    return cv2.GaussianBlur(field, (0, 0), rng.uniform(1, 2.5)) + rng.normal(0, 1e-3, field.shape)


def draw_spiral(rng: np.random.Generator) -> np.ndarray:
    """Return a disc with a bulge and two logarithmic spiral arms, (PIXELS, PIXELS), inclined by up to 60 degrees, in
    noise."""
    down, right = np.mgrid[:PIXELS, :PIXELS] - (PIXELS - 1) / 2
    turn, cosine = rng.uniform(0, np.pi), np.cos(np.radians(rng.uniform(0, 60)))
    along, across = right * np.cos(turn) + down * np.sin(turn), (down * np.cos(turn) - right * np.sin(turn)) / cosine
    radius = np.hypot(along, across) + 1e-3
    length = PIXELS * rng.uniform(0.05, 0.1)
    pitch = np.tan(np.radians(rng.uniform(12, 30)))
    phase = 2 * (np.arctan2(across, along) * rng.choice([-1, 1]) - np.log(radius / length) / pitch)
    arms = 1 + rng.uniform(0.4, 0.9) * np.cos(phase) * (radius > length / 2)
    bulge = rng.uniform(1, 4) * np.exp(-radius / (0.25 * length))
    return np.exp(-radius / length) * arms + bulge + rng.normal(0, 1e-3, radius.shape)


def photographs() -> Iterator[np.ndarray]:
    """Yield the photographs that are installed, grey, (height, width)."""
    for name in PHOTOGRAPHS:
        load: Callable[[], np.ndarray] | None = getattr(data, name, None)
        if load and _is_installed(name):
            image = load()
            yield image.mean(axis=2) if image.ndim == 3 else image


def _is_installed(name: str) -> bool:
    """Return whether an image of scikit-image is there without a download."""
    names = {"cat": "chelsea", "clock": "clock_motion", "immunohistochemistry": "ihc"}
    return any(Path(data.__file__).parent.glob(f"{names.get(name, name)}.*"))
