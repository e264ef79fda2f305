"""What is to be dated: image files, the images in directories, or the rows of a catalogue."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from deepgalaxy.observed.listing import list_observed, printable, shown_name

COLUMNS = ("file", "id", "ra", "dec", "redshift", "kpc_per_pixel")
"""What a catalogue may hold; ``file`` it must."""
LARGEST_REDSHIFT = 20.0


@dataclass(frozen=True)
class Observation:
    """A merger in an image file.

    ``id`` tells it from others in the table. ``ra`` and ``dec`` in degrees are its place, and ``kpc_per_pixel``, or
    ``kpc_per_arcsec`` at its distance, the scale; None is not known.
    """

    path: str
    id: str
    ra: float | None = None
    dec: float | None = None
    kpc_per_pixel: float | None = None
    kpc_per_arcsec: float | None = None


def list_observations(paths: Iterable[str | Path]) -> list[Observation]:
    """Return what is to be dated: each path is an image file, a directory of these, or a catalogue that ends in
    ``.csv``.

    An observation is called what its file is called, or by its path if others are called the same. Raises ValueError as
    ``list_observed`` and ``read_catalogue`` do, and if an ``id`` of a catalogue is used twice. A path that is not there
    is an observation all the same, and its row will say so.
    """
    files: list[str] = []
    rows: list[Observation] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += list_observed(path, "the directory")
        elif path.suffix.lower() == ".csv":
            rows += read_catalogue(path)
        else:
            files.append(str(path))
    files = list(dict.fromkeys(files))
    known = Counter(map(shown_name, files))
    names = [shown_name(path) if known[shown_name(path)] == 1 else printable(path) for path in files]
    observations = [*(Observation(path, name) for path, name in zip(files, names)), *rows]
    if not observations:
        raise ValueError("There is nothing to date.")
    if twice := [name for name, count in Counter(observation.id for observation in observations).items() if count > 1]:
        raise ValueError(f"The id {twice[0]!r} is used more than once; each row of the table needs its own.")
    return observations


def read_catalogue(path: str | Path) -> list[Observation]:
    """Return the observations of a catalogue, a CSV file with some of COLUMNS.

    Files are relative to the catalogue. A row may leave a cell empty. A redshift stands for the distance at which
    Planck18 (Planck Collaboration 2020, A&A 641, A6) puts it. Raises ValueError, with the row where there is one, for a
    file that is no such table, for columns that it does not know or that exclude each other, and for values that mean
    nothing.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype=str, skipinitialspace=True, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise ValueError(f"The catalogue {path} cannot be read as CSV: {error}") from None
    if not isinstance(table.index, pd.RangeIndex):  # what is more than the columns is taken for names of the rows
        raise ValueError(f"The catalogue {path} has more values in a row than columns.")
    table.columns = [str(name).strip().lower() for name in table.columns]
    _check_columns(table, path)
    numbers = {name: _numbers(table, name, path) for name in COLUMNS[2:]}
    _check_numbers(numbers, path)
    names = table["file"].str.strip()
    _refuse(names.isna() | (names == ""), path, "no file")
    ids = table["id"].str.strip() if "id" in table else names.map(shown_name)
    _refuse(ids.isna() | (ids == ""), path, "no id")
    _refuse(ids.duplicated(), path, "the same id as a row before; give each row an `id` of its own")
    distant = numbers["redshift"].notna()
    kpc_per_arcsec = pd.Series(np.nan, table.index)
    if distant.any():
        from astropy import units  # whose import takes long
        from astropy.cosmology import Planck18

        distance = Planck18.angular_diameter_distance(numbers["redshift"][distant].to_numpy()).to_value(units.kpc)
        kpc_per_arcsec[distant] = distance * units.arcsec.to(units.rad)
    columns = (numbers["ra"], numbers["dec"], numbers["kpc_per_pixel"], kpc_per_arcsec)
    return [
        Observation(
            str(path.parent / name), printable(label), *(None if np.isnan(value) else float(value) for value in row)
        )
        for name, label, row in zip(names, ids, zip(*columns))
    ]


def _check_columns(table: pd.DataFrame, path: Path) -> None:
    """Raise ValueError if a catalogue lacks what it must have, or has what goes not together or is not known."""
    columns = list(table.columns)
    if "file" not in columns:
        raise ValueError(f"The catalogue {path} has no column `file`; its columns may be {', '.join(COLUMNS)}.")
    if repeated := [name for name, count in Counter(columns).items() if count > 1]:
        raise ValueError(f"The catalogue {path} has two columns `{repeated[0]}`.")
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise ValueError(
            f"The catalogue {path} has a column {unknown[0]!r}, which means nothing here; its columns may be"
            f" {', '.join(COLUMNS)}."
        )
    if {"redshift", "kpc_per_pixel"} <= set(columns):
        raise ValueError(f"The catalogue {path} has both redshift and kpc_per_pixel; keep the one that is meant.")
    if ("ra" in columns) != ("dec" in columns):
        raise ValueError(f"The catalogue {path} has one of ra and dec; a place needs both.")
    if "ra" in columns and not {"redshift", "kpc_per_pixel"} & set(columns):
        raise ValueError(
            f"The catalogue {path} has ra and dec, and neither redshift nor kpc_per_pixel, so that the size of the"
            " field around them is not known."
        )
    if table.empty:
        raise ValueError(f"The catalogue {path} has no rows.")


def _numbers(table: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Return a column of numbers, NaN where the cell is empty or there is no such column."""
    if name not in table:
        return pd.Series(np.nan, table.index)
    numbers = pd.to_numeric(table[name], errors="coerce")
    _refuse(table[name].notna() & ~np.isfinite(numbers), path, f"a {name} that is no number")
    return numbers


def _check_numbers(numbers: dict[str, pd.Series], path: Path) -> None:
    """Raise ValueError for numbers of a catalogue that mean nothing."""
    ra, dec, redshift, scale = numbers.values()
    _refuse((ra < 0) | (ra > 360), path, "an ra outside 0 to 360 degrees")
    _refuse(dec.abs() > 90, path, "a dec outside -90 to 90 degrees")
    _refuse(ra.isna() != dec.isna(), path, "one of ra and dec; a place needs both")
    _refuse((redshift <= 0) | (redshift > LARGEST_REDSHIFT), path, f"a redshift outside 0 to {LARGEST_REDSHIFT:g}")
    _refuse(scale <= 0, path, "a kpc_per_pixel that is not above 0")
    _refuse(
        ra.notna() & redshift.isna() & scale.isna(), path, "a place, and neither redshift nor kpc_per_pixel with it"
    )


def _refuse(wrong: pd.Series, path: Path, what: str) -> None:
    """Raise ValueError for the first row that is ``wrong``, which has ``what``."""
    if wrong.any():
        raise ValueError(f"The catalogue {path} has in row {int(np.flatnonzero(wrong)[0]) + 1} {what}.")
