"""How much of the sky the images of a dataset show, and how much of that a network is to see."""

from dataclasses import dataclass

import h5py
import numpy as np

from deepgalaxy.dataset.layout import recorded_numbers

RENDERED = "half_width_kpc"
"""Attribute of a group: half the width of the field that its images show, in kpc."""


@dataclass(frozen=True)
class Field:
    """Half the width of the field that images show, and of the middle part that a network sees, in kpc; None if they
    are not known, which means that it sees all of it."""

    rendered_kpc: float | None = None
    seen_kpc: float | None = None

    @property
    def rendered(self) -> float:
        """Half the width that is rendered, in an unit in which ``seen`` is half the width seen."""
        return self.rendered_kpc or 1.0

    @property
    def seen(self) -> float:
        """Half the width that is seen, in the unit of ``rendered``."""
        return self.seen_kpc or 1.0

    def middle(self, image: np.ndarray) -> np.ndarray:
        """Return the part of an image (height, width, channels) that is seen, to the nearest pixel on each side."""
        edges = [round(side * (1 - self.seen / self.rendered) / 2) for side in image.shape[:2]]
        rows, columns = (slice(edge, side - edge) for edge, side in zip(edges, image.shape))
        return image[rows, columns]


def field_of(subset: h5py.File, half_width_kpc: float | None) -> Field:
    """Return the field of the groups of a subset, of which a network sees ``half_width_kpc``, or all of it.

    Raises ValueError if a part of the field is asked for and a group does not record how large the field is, if groups
    differ in it, or if it is smaller than what is asked for.
    """
    recorded = {name: float(min(recorded_numbers(group, RENDERED), default=0)) for name, group in subset.items()}
    fields = set(recorded.values())
    if half_width_kpc is None:
        known = fields.pop() if len(fields) == 1 and 0 not in fields else None
        return Field(known, known)
    asked = f"`images: half_width_kpc` of the sample asks for {half_width_kpc:g} kpc"
    for name, field in recorded.items():
        if not field > 0:
            raise ValueError(
                f"{subset.filename}: {asked}, and {name} does not record how many kpc its images show (attribute"
                f" {RENDERED}); leave the key out."
            )
        if field < half_width_kpc:
            raise ValueError(
                f"{subset.filename}: {asked} on each side of the centre, and the images of {name} show {field:g} kpc;"
                " ask for less, or render a larger field."
            )
    if len(fields) > 1:
        raise ValueError(
            f"{subset.filename}: {asked}, and its groups show fields of {min(fields):g} to {max(fields):g} kpc; select"
            " groups of one field, or leave the key out."
        )
    return Field(fields.pop(), float(half_width_kpc))
