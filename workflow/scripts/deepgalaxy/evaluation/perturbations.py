"""What may be different in the image of a real galaxy: the ways in which test images are disturbed, each by one amount.

They use the functions that augment training images, with fixed amounts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from deepgalaxy.image import BRIGHTEST, FAINTEST
from deepgalaxy.resampling import Move, Sight, blurred, light_of, reduced, to_store

STAR_KPC = 1.25
"""Standard deviation of the point spread function in which a star is seen, half a pixel at least; a pixel if the field
is not known."""


@dataclass(frozen=True)
class Scene:
    """A test image to be disturbed: the ``frame`` (S, S) of its light; the light of ``another`` simulation's image,
    (S, S), dark if there is none; ``noise`` (pixels, pixels) of standard deviation 1; ``direction`` in radians and
    ``distance`` in [0, 1), drawn for this image."""

    frame: np.ndarray
    another: np.ndarray
    noise: np.ndarray
    direction: float
    distance: float


@dataclass(frozen=True)
class Perturbation:
    """One way of disturbing images by one amount: ``name``, ``value`` in ``unit``."""

    name: str
    value: float
    unit: str


UPRIGHT = Perturbation("upright", 0, "")
AMOUNTS: dict[str, tuple[str, tuple[float, ...]]] = {
    "turn": ("degrees", (15, 30, 45, 60, 90, 135, 180)),
    "scale": ("times as large", (0.7, 0.8, 0.9, 1.1, 1.2, 1.4)),
    "scale told": ("times as large", (0.7, 0.8, 0.9, 1.1, 1.2, 1.4)),
    "shift": ("of the width", (0.05, 0.1, 0.15)),
    "blur": ("kpc", (0.5, 1.25, 2.5)),
    "noise": ("of the faintest light shown", (0.1, 0.3, 1)),
    "gain": ("times as bright", (0.5, 0.7, 1.4, 2)),
    "galaxy": ("of the width from the centre", (0.25, 0.35, 0.45)),
    "star": ("of the brightest light shown", (0.01, 0.1, 1)),
}
"""Units and amounts. ``scale told``: the scene appears larger, and the file tells its pixel scale, by which it is cut
and resampled to the field of the network. ``galaxy``: another simulation's test image is added, so far off the centre.
"""


def perturbations(sight: Sight, several: bool) -> list[Perturbation]:
    """Return all that can be done to images of this form, the upright image first: no blur by kpc if their field is not
    known, no other galaxy if there are not ``several`` simulations."""
    left_out = {"blur"} if sight.half_width_kpc is None else set()
    left_out |= set() if several else {"galaxy"}
    return [UPRIGHT] + [
        Perturbation(name, value, unit)
        for name, (unit, values) in AMOUNTS.items()
        if name not in left_out
        for value in values
    ]


def perturbed(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    """Return a scene as the network sees it, (pixels, pixels), disturbed in one way."""
    light = LIGHT.get(perturbation.name, _moved)(scene, sight, perturbation)
    return to_store(light, sight)


def _moved(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    amount = perturbation.value
    right, down = amount * np.cos(scene.direction), amount * np.sin(scene.direction)
    moves = {
        "upright": Move(),
        "turn": Move(angle=amount),
        "scale": Move(scale=amount),
        "shift": Move(right=right, down=down),
    }
    return reduced(scene.frame, sight, moves[perturbation.name])


def _told(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    side = len(scene.frame)
    file = reduced(scene.frame, replace(sight, oversampling=1), Move(scale=perturbation.value), side)
    return reduced(file, sight, Move(scale=1 / perturbation.value))


def _blurred(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    return blurred(reduced(scene.frame, sight), perturbation.value / sight.pixel_kpc)


def _noisy(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    return reduced(scene.frame, sight) + np.float32(perturbation.value * FAINTEST) * scene.noise


def _brighter(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    return reduced(scene.frame, sight) * np.float32(perturbation.value)


def _with_galaxy(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    right, down = perturbation.value * np.cos(scene.direction), perturbation.value * np.sin(scene.direction)
    turned = Move(angle=360 * scene.distance, right=right, down=down)
    return reduced(scene.frame, sight) + reduced(scene.another, sight, turned)


def _with_star(scene: Scene, sight: Sight, perturbation: Perturbation) -> np.ndarray:
    """A star at 0.1 to 0.4 of the width from the centre; the amount is its brightest point."""
    sigma = 1.0 if sight.half_width_kpc is None else max(0.5, STAR_KPC / sight.pixel_kpc)
    away = sight.pixels * (0.1 + 0.3 * scene.distance)
    axis = np.arange(sight.pixels) - (sight.pixels - 1) / 2
    across, along = (np.exp(-((axis - away * f(scene.direction)) ** 2) / (2 * sigma**2)) for f in (np.cos, np.sin))
    return reduced(scene.frame, sight) + (perturbation.value * BRIGHTEST * np.outer(along, across)).astype(np.float32)


LIGHT: dict[str, Callable[[Scene, Sight, Perturbation], np.ndarray]] = {
    "scale told": _told,
    "blur": _blurred,
    "noise": _noisy,
    "gain": _brighter,
    "galaxy": _with_galaxy,
    "star": _with_star,
}
"""How the light of a scene is disturbed, where it is not just moved."""


def scenes(frames: np.ndarray, others: np.ndarray | None, places: np.ndarray, pixels: int, seed: int) -> list[Scene]:
    """Return the scenes of stored ``frames`` (n, S, S), with those of ``others`` (n, S, S) if there are any; what is
    drawn for an image depends on ``seed`` and on its place (n,) in the file alone."""
    made = []
    for number, place in enumerate(places.tolist()):
        rng = np.random.default_rng([seed, place])
        noise = rng.standard_normal((pixels, pixels), np.float32)
        frame = light_of(frames[number])
        another = np.zeros_like(frame) if others is None else light_of(others[number])
        made.append(Scene(frame, another, noise, 2 * np.pi * rng.random(), rng.random()))
    return made


def one_thread() -> None:
    """Let OpenCV work with one thread: the arrays are too small for more."""
    cv2.setNumThreads(1)
