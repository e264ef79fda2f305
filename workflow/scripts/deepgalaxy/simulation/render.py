"""Stars to images, as all fourteen cameras see them."""

from dataclasses import dataclass

import cv2
import numpy as np

from deepgalaxy.dataset.cameras import ANTIPODAL_PAIRS, CAMERA_COUNT, camera_directions, image_axes

STARS_PER_KERNEL = 24
"""The light of a star is spread until so many stars lie, in projection, under its kernel, which leaves a noise of about
a quarter wherever there are stars. Of 6 to 48, images of 10,000 stars come nearest to those of 480,000 with 16 to 24;
24 is the softest of these."""
LONGEST_SMOOTHING_KPC = 8.0
"""The broadest kernel has this standard deviation or up to twice as much: a lone star is no longer seen then."""


def take_images(
    positions: np.ndarray, masses: np.ndarray, rig: np.ndarray, pixels: int, half_width_kpc: float
) -> tuple[np.ndarray, float]:
    """Return the images that all cameras take of one snapshot, and the share of its stars' mass that they show.

    ``positions`` (n, 3) in kpc and ``masses`` (n,) in 1e10 Msun are those of the stars. ``rig`` (3, 3) is a rotation
    that turns all cameras together, with their image axes, about the origin, at which they look.

    The images are the projected mass in 1e10 Msun/kpc^2, float32 of shape (14, pixels, pixels), row 0 at the top; each
    extends ``half_width_kpc`` to every side. The share is the mean over the cameras of the mass within the frame, over
    all mass. As stars are transparent, one camera of each antipodal pair sees the mirror image of the other.

    Raises ValueError if ``rig`` is not a rotation.
    """
    if not (np.allclose(rig @ rig.T, np.eye(3), atol=1e-6) and np.linalg.det(rig) > 0):
        raise ValueError(
            f"The camera rig is turned by {rig.tolist()}, which is not a rotation; give an orthonormal one."
        )
    canvas = Canvas.around(pixels, half_width_kpc)
    directions = camera_directions()
    images = np.empty((CAMERA_COUNT, pixels, pixels), np.float32)
    shown = 0.0
    for one, other in ANTIPODAL_PAIRS:
        # Not by matrix multiplication, whose last bit may depend on the number of cores.
        x, y = (np.einsum("ij,j->i", positions, rig @ axis) for axis in image_axes(directions[one]))
        shown += masses[(np.abs(x) <= half_width_kpc) & (np.abs(y) <= half_width_kpc)].sum()
        images[one] = canvas.surface_density(x, y, masses)
        images[other] = images[one][:, ::-1]
    return images, float(shown / (len(ANTIPODAL_PAIRS) * masses.sum()))


@dataclass(frozen=True)
class Canvas:
    """The frame of ``pixels`` by ``pixels``, each ``pixel_kpc`` wide, and a margin whose stars shine into it.

    Light is spread on grids with ``octaves`` + 1 sizes of cells: a pixel, and each time twice as wide. The margin is at
    least one of the widest cells.
    """

    pixels: int
    pixel_kpc: float
    octaves: int

    @classmethod
    def around(cls, pixels: int, half_width_kpc: float) -> "Canvas":
        """Return the canvas of a frame, with as many octaves as the broadest kernel needs."""
        pixel_kpc = 2 * half_width_kpc / pixels
        octaves = 1
        while kernel_variance(octaves, blurred=True) * pixel_kpc**2 < LONGEST_SMOOTHING_KPC**2:
            octaves += 1
        return cls(pixels, pixel_kpc, octaves)

    @property
    def width(self) -> int:
        """Pixels across the canvas: a multiple of the widest cell."""
        cell: int = 2**self.octaves
        return (-(-self.pixels // cell) + 2) * cell

    @property
    def margin(self) -> int:
        """Pixels between the left edges, and the top edges, of canvas and frame."""
        return (self.width - self.pixels) // 2

    def surface_density(self, x: np.ndarray, y: np.ndarray, masses: np.ndarray) -> np.ndarray:
        """Return the smoothed surface density in the frame, float32 of shape (pixels, pixels), in the unit of
        ``masses`` (n,) per kpc^2, of stars at ``x`` (n,) to the right of the centre and ``y`` (n,) above it, in kpc."""
        middle = self.margin + self.pixels / 2
        columns, rows = middle + x / self.pixel_kpc, middle - y / self.pixel_kpc
        last = self.width - 0.5
        near = (columns >= 0.5) & (columns < last) & (rows >= 0.5) & (rows < last)
        light, number = _on_pixels(columns[near], rows[near], masses[near], self.width)
        frame = slice(self.margin, self.margin + self.pixels)
        return _smoothed(light, number, self.octaves)[frame, frame] / np.float32(self.pixel_kpc**2)


def kernel_variance(octave: int, blurred: bool = False) -> float:
    """Return the variance along each axis, in pixels squared, of the kernel over which light is spread by the time it
    has reached the grid of ``octave``, before or after the blur there, and is back on the pixels.

    Clouds of one pixel have 1/6. Where cells are 2^k pixels wide, a blur adds 4^k/2, the average over four cells 4^k/4,
    and the interpolation back to them 3/4 4^k.
    """
    return 1 / 6 + (4**octave - 1) / 2 + (4**octave / 2 if blurred else 0)


def _on_pixels(columns: np.ndarray, rows: np.ndarray, masses: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Mass and number of stars on each pixel, both float32 (width, width), of stars at places (n,) in pixels from the
    upper left corner, half a pixel or more from every edge.

    A star's mass is that of a cloud as large as a pixel, shared by the four that it overlaps (cloud in cell).
    """
    number = np.bincount(rows.astype(np.int32) * width + columns.astype(np.int32), minlength=width**2)
    columns, rows = columns - 0.5, rows - 0.5
    left, top = columns.astype(np.int32), rows.astype(np.int32)
    to_right, down = columns - left, rows - top
    upper_left = top * width + left
    lower = masses * down
    upper = masses - lower
    light = np.zeros(width**2)
    for step, row_share in ((0, upper), (width, lower)):
        right_share = row_share * to_right
        light += np.bincount(upper_left + step, row_share - right_share, width**2)
        light += np.bincount(upper_left + (step + 1), right_share, width**2)
    return light.astype(np.float32).reshape(width, width), number.astype(np.float32).reshape(width, width)


def _smoothed(light: np.ndarray, number: np.ndarray, octaves: int) -> np.ndarray:
    """``light`` spread by kernels that hold STARS_PER_KERNEL stars: adaptive smoothing at a constant ratio of signal to
    noise, as of X-ray images by Ebeling, White & Rangarajan (2006, MNRAS 368, 65).

    Light passes from each kernel to the next, whose variance is about twice as large, except for the share that stays;
    then all shares are added up. Both arguments are densities on the pixels of a canvas, float32, and stay densities
    per pixel on every grid: cells are averaged, and interpolated, but never summed.
    """
    kept = []
    for octave in range(octaves):
        plain, blurred, halved = kernel_variance(octave), kernel_variance(octave, True), kernel_variance(octave + 1)
        number = _blur(number)
        sharp = light * _staying(number, plain, blurred)
        light = _blur(light - sharp)
        number = _halve(number)
        soft = light * _staying(_double(number), blurred, halved)
        light = _halve(light - soft)
        kept.append(sharp + soft)
    light = _blur(light)
    for layer in reversed(kept):
        light = layer + _double(light)
    return light


def _staying(number: np.ndarray, variance: float, next_variance: float) -> np.ndarray:
    """The share of the light that is spread by a kernel of ``variance``, not by a broader one, where ``number`` stars
    to a pixel are found by means of the next one.

    The noise under a Gaussian kernel is that of the stars on 4 pi times its variance. The share is such that both
    kernels together have the variance for which these are STARS_PER_KERNEL, if it lies between theirs. It is blurred,
    so that it follows the noise less.
    """
    on_next = np.maximum(number * np.float32(4 * np.pi * next_variance), STARS_PER_KERNEL)
    share = (1 - STARS_PER_KERNEL / on_next) * np.float32(next_variance / (next_variance - variance))
    return _blur(np.minimum(share, 1))


def _blur(image: np.ndarray) -> np.ndarray:
    """Weights of 1/4, 1/2, 1/4 along each axis."""
    return cv2.GaussianBlur(image, (3, 3), 0, borderType=cv2.BORDER_REPLICATE)


def _halve(image: np.ndarray) -> np.ndarray:
    """Averages of two by two cells."""
    return cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)


def _double(image: np.ndarray) -> np.ndarray:
    """Linear interpolation to cells half as wide: again and again, quadratic B-splines."""
    return cv2.resize(image, (2 * image.shape[1], 2 * image.shape[0]), interpolation=cv2.INTER_LINEAR)
