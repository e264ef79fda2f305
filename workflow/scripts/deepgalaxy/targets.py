"""What a network predicts of an image besides its class: properties of the merger, and how each is encoded.

A property is of one of three KINDS. A number is predicted as a *histogram*, probabilities of equal intervals; what is
true or not as *binary*, two probabilities; an *axis*, a direction without a sign, by five numbers: the symmetric
traceless matrix n nᵀ - 1/3 of the unit vector n, which is the same for -n, in an orthonormal basis.
"""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from deepgalaxy.files import whole_file

HISTOGRAM, AXIS, BINARY = KINDS = ("histogram", "axis", "binary")
PROPERTIES = {
    "t_peri_myr": (HISTOGRAM, "Myr"),
    "log2_mass_ratio": (HISTOGRAM, "log2"),
    "log2_size_ratio": (HISTOGRAM, "log2"),
    "separation_kpc": (HISTOGRAM, "kpc"),
    "line_of_sight": (AXIS, "degrees"),
    "merged": (BINARY, ""),
    "lone": (BINARY, ""),
}
"""The kind of each property, and the unit of its errors."""
SMEARED_BINS = 0.75
"""Standard deviation of the Gaussian that a true value is spread by, in bins (Imani & White 2018, ICML)."""
_HALF = math.sqrt(0.5)
BASIS = np.array(
    [
        [_HALF, 0, 0, 0, -_HALF, 0, 0, 0, 0],
        [-1 / math.sqrt(6), 0, 0, 0, -1 / math.sqrt(6), 0, 0, 0, 2 / math.sqrt(6)],
        [0, _HALF, 0, _HALF, 0, 0, 0, 0, 0],
        [0, 0, _HALF, 0, 0, 0, _HALF, 0, 0],
        [0, 0, 0, 0, 0, _HALF, 0, _HALF, 0],
    ]
)
"""An orthonormal basis, (5, 9), of the symmetric traceless 3 x 3 matrices, as rows of nine."""


@dataclass(frozen=True)
class Target:
    """A property that a network predicts: a row of ``properties.csv``.

    ``lower`` and ``upper`` are the ends of the histogram's ``bins``, in ``unit``; of other kinds, ``bins`` is how many
    numbers a head gives (5 or 2), and there are no ends. ``weight`` is that of its loss, one over the loss of the
    best constant prediction of the training images, and ``known`` the share of these of which the property is known.
    Both are 0 where nothing can be learnt, and then no head is made.
    """

    name: str
    kind: str
    unit: str
    lower: float
    upper: float
    bins: int
    weight: float
    known: float

    @property
    def learnt(self) -> bool:
        """Whether a network has a head for it."""
        return self.weight > 0

    @property
    def columns(self) -> list[str]:
        """The columns of the split table, and of ``properties`` in a prepared file, that hold it."""
        return columns_of(self.name)

    @property
    def edges(self) -> np.ndarray:
        """The ends of the bins, float64 (bins + 1,)."""
        return np.linspace(self.lower, self.upper, self.bins + 1)

    @property
    def centres(self) -> np.ndarray:
        """The middle of each bin, float64 (bins,)."""
        return (self.edges[1:] + self.edges[:-1]) / 2

    @property
    def smear(self) -> float:
        """The standard deviation by which true values are spread, in the unit of the property."""
        return SMEARED_BINS * (self.upper - self.lower) / self.bins


def columns_of(name: str) -> list[str]:
    """Return the columns that hold a property: itself, or three components of a unit vector."""
    return [f"{name}_{axis}" for axis in "xyz"] if PROPERTIES[name][0] == AXIS else [name]


def all_columns(targets: Iterable[Target]) -> list[str]:
    """Return the columns that hold all of some properties, in order."""
    return [column for target in targets for column in target.columns]


def places_of(targets: Sequence[Target]) -> list[tuple[Target, slice]]:
    """Return each of the targets with the columns of ``properties`` in a prepared file that hold it."""
    ends = np.cumsum([len(target.columns) for target in targets])
    return [(target, slice(int(end) - len(target.columns), int(end))) for target, end in zip(targets, ends)]


def write_targets(targets: Iterable[Target], path: str | Path) -> None:
    """Write ``properties.csv``: a row for each property, or none."""
    names = [field.name for field in fields(Target)]
    with whole_file(path) as whole, whole.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(target, name) for name in names] for target in targets)


def read_targets(path: str | Path) -> list[Target]:
    """Return what ``write_targets`` wrote.

    Raises ValueError if there is no such file, or it is not such a table.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path}, the table of the properties, is not a file; give properties.csv of the sample.")
    try:
        return parse_targets(Path(path).read_text(encoding="utf-8"))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is not a table of properties ({error}); give properties.csv of the sample."
        ) from error


def parse_targets(table: str) -> list[Target]:
    """Return the targets of the text of ``properties.csv``; raises KeyError, TypeError or ValueError if it is none."""
    return [
        Target(**{field.name: field.type(row[field.name]) for field in fields(Target)})  # type: ignore[operator]
        for row in csv.DictReader(table.splitlines())
    ]


def smeared(values: np.ndarray, target: Target) -> np.ndarray:
    """Return the labels of a histogram head, float64 (n, bins): each row adds up to one.

    The label of a value is a Gaussian about it, ``target.smear`` wide, cut to the range of the histogram; a value
    beyond that is taken as its end. NaN gives a row of NaN.
    """
    # Many images share a value, as those of all cameras do.
    within, place = np.unique(np.clip(np.asarray(values, float), target.lower, target.upper), return_inverse=True)
    # From the complement where it is the smaller one, so that far bins keep their precision.
    below = [[_normal_below(x) for x in row] for row in (target.edges - within[:, None]) / target.smear]
    shares = np.diff(np.reshape(below, (len(within), target.bins + 1)), axis=1)
    return (shares / shares.sum(axis=1, keepdims=True))[place]


def _normal_below(x: float) -> float:
    """Return the distribution function of the standard normal distribution."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def as_five_numbers(direction: np.ndarray) -> np.ndarray:
    """Return n nᵀ - 1/3 of unit vectors (n, 3) in the BASIS, float64 (n, 5), the same for a vector and its opposite.

    The squared distance of two such rows is that of the matrices in the Frobenius norm.
    """
    return (direction[:, :, None] * direction[:, None, :]).reshape(-1, 9) @ BASIS.T


def axis_of(five: np.ndarray) -> np.ndarray:
    """Return the first eigenvectors, unit vectors (n, 3) of either sign, of matrices given in the BASIS, (n, 5)."""
    matrices = (np.asarray(five, float) @ BASIS).reshape(-1, 3, 3)
    return np.linalg.eigh(matrices)[1][:, :, -1]
