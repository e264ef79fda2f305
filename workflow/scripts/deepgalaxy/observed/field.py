"""The part of an image that a network is to see: as many kpc across as the images that it was trained on."""

from dataclasses import dataclass

import numpy as np

from deepgalaxy.observed.header import ImageHeader
from deepgalaxy.observed.observation import Observation
from deepgalaxy.observed.sky import light_above_noise, seen

FROM_HEADER, FROM_CATALOGUE, ASSUMED = "from the header", "from the catalogue", "assumed"
"""Where the scale of an image is from; if nothing says it, the whole image is assumed to be the field."""
ARCSEC_PER_DEG = 3600


@dataclass(frozen=True)
class Field:
    """A rectangle in an image, in pixels from its upper left corner: ``centre`` is (down, right), and ``half`` is half
    of the height and of the width. The middle of the first pixel is at (0.5, 0.5)."""

    centre: tuple[float, float]
    half: tuple[float, float]


def find_field(header: ImageHeader, observation: Observation, half_width_kpc: float | None) -> tuple[Field | None, str]:
    """Return the field of a network that sees ``half_width_kpc`` to each side, around an observation, and where its
    scale is from; no field where the scale is ASSUMED, since neither the file nor the catalogue says it.

    Raises ValueError if the observation has a position, and the file no coordinates, or it lies outside the image.
    """
    world = header.world() if header.world and (observation.kpc_per_arcsec or observation.ra is not None) else None
    centre = (header.height / 2, header.width / 2)
    if observation.ra is not None:
        if world is None:
            raise ValueError("The catalogue gives ra and dec, and the file has no celestial coordinates (WCS).")
        if half_width_kpc is None:
            raise ValueError("The catalogue gives ra and dec, and the model does not know how large its field is.")
        right, up = (float(value) for value in world.all_world2pix(observation.ra, observation.dec, 0))
        centre = (header.height - 0.5 - up, right + 0.5)  # FITS counts rows from below, and pixels by their middles.
        if not (0 <= centre[0] <= header.height and 0 <= centre[1] <= header.width):
            raise ValueError(
                f"The position {observation.ra:g}, {observation.dec:g} of the catalogue lies outside the image."
            )
    if half_width_kpc is None:
        return None, ASSUMED
    if observation.kpc_per_pixel:
        return Field(centre, (half_width_kpc / observation.kpc_per_pixel,) * 2), FROM_CATALOGUE
    if observation.kpc_per_arcsec and world is not None:
        from astropy.wcs.utils import proj_plane_pixel_scales  # whose import takes long

        across, along = proj_plane_pixel_scales(world) * ARCSEC_PER_DEG * observation.kpc_per_arcsec
        return Field(centre, (half_width_kpc / along, half_width_kpc / across)), FROM_HEADER
    return None, ASSUMED


def light_in_field(image: np.ndarray, field: Field, pixels: int) -> np.ndarray:
    """Return the light above sky and noise of a field of an image (height, width), float32 of shape (pixels, pixels).

    What lies outside the image counts as sky, as pixels without data do. Each pixel of the result is the mean over the
    area that it covers. As in ``light_above_background``, sky and noise are measured at the smaller of both sizes.
    Raises ValueError if nowhere in the field data are the greater part.
    """
    window, (rows, columns) = _cut_out(image, field, pixels)
    valid = seen(window) if np.isfinite(window).any() else np.zeros(window.shape, bool)
    if not valid.any():
        raise ValueError("The field of the model has no data.")
    area = 4 * field.half[0] * field.half[1] / pixels**2
    if 2 * max(field.half) < pixels:
        return (rows @ light_above_noise(window, valid) @ columns.T / area).astype(np.float32)
    total, covered = (rows @ part.astype(np.float32) @ columns.T for part in (np.where(valid, window, 0), valid))
    mean = np.divide(total, covered, out=np.zeros_like(total), where=covered > 0)
    if not (known := covered > area / 2).any():
        raise ValueError("The field of the model has too few pixels with a value.")
    return light_above_noise(mean, known)


def share_in_image(field: Field, height: int, width: int) -> float:
    """Return the share of a field that lies within an image, in [0, 1]."""
    inside = [
        max(0.0, min(centre + half, side) - max(centre - half, 0.0)) / (2 * half)
        for centre, half, side in zip(field.centre, field.half, (height, width))
    ]
    return inside[0] * inside[1]


def _cut_out(image: np.ndarray, field: Field, pixels: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the pixels of an image that a field touches, NaN where there are none, and for rows and for columns the
    weights (pixels, length) by which they add up to the pixels of the result."""
    starts = [centre - half for centre, half in zip(field.centre, field.half)]
    first = [int(np.floor(start)) for start in starts]
    last = [int(np.ceil(centre + half)) for centre, half in zip(field.centre, field.half)]
    inside = [slice(max(0, low), max(0, min(side, high))) for low, high, side in zip(first, last, image.shape)]
    window = np.full([high - low for low, high in zip(first, last)], np.nan, np.float32)
    part = image[inside[0], inside[1]]
    place = [slice(kept.start - low, kept.start - low + size) for kept, low, size in zip(inside, first, part.shape)]
    window[place[0], place[1]] = part
    rows, columns = (
        _area_weights(start - low, 2 * half, pixels, length)
        for start, low, half, length in zip(starts, first, field.half, window.shape)
    )
    return window, (rows, columns)


def _area_weights(start: float, extent: float, cells: int, length: int) -> np.ndarray:
    """Return how much of each of ``length`` pixels lies in each of the equal ``cells`` into which ``extent`` pixels
    from ``start`` on are divided, float32 (cells, length)."""
    edges = start + np.linspace(0, extent, cells + 1)
    pixel = np.arange(length)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.clip(overlap, 0, None).astype(np.float32)
