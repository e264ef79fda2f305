"""How tables are shown: which of their columns, and their values with what belongs to them."""

import math
import re
from collections.abc import Sequence

import pandas as pd

from deepgalaxy.figures.words import PERTURBATIONS, in_words

CALLED = {
    "perturbation": {name: title for name, (title, _) in PERTURBATIONS.items()},
    "grouping": {"group": "simulation", "phase": "passages so far"},
}
"""What the values of some columns are called."""

IDENTIFIER = re.compile("[a-z][a-z0-9_]*")
"""What has underscores in place of spaces."""

TELLING = ("dataset", "sample", "fold", "workers", "repeat", "subject")
"""Columns that say something only where rows differ in them."""


def records_of(table: pd.DataFrame) -> list[dict]:
    """Return the rows of a table, with integers where a column holds no other numbers, though some are missing."""
    rows = table.to_dict("records")
    for column in table.select_dtypes("float"):
        if (table[column].dropna() % 1 == 0).all():
            for row in rows:
                row[column] = row[column] if math.isnan(row[column]) else int(row[column])
    return rows


def show_value(value: object, scale: float | None = None) -> str:
    """Return a value of a table as a reader wants it: numbers in three digits, or all before the point, and a dash for
    none; yes or no; names without underscores, those of simulations in words. Another number, ``scale``, may say how
    large the number is that has three digits.

    >>> show_value(0.5), show_value(18.35), show_value(12345.6), show_value(0.018, scale=1.2)
    ('0.500', '18.4', '12,346', '0.02')
    """
    if pd.isna(value):
        return "–"
    if isinstance(value, str):
        name = in_words(value)
        return name.replace("_", " ") if IDENTIFIER.fullmatch(name) else name
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return f"{value:,}" if type(value) is int and abs(value) >= 10_000 else str(value)
    size = max(abs(value), abs(scale or 0.0))
    if size and not 1e-4 <= size < 1e9:
        return f"{value:.2e}" if value else "0"
    value = value + 0.0  # which has no sign if it is 0
    return f"{value:,.{max(0, 2 - math.floor(math.log10(size)) if size else 0)}f}"


def show_cell(row: dict, column: str) -> str:
    """Return what a reader sees of a column in a row of a table: its value, ± half of its interval or its standard
    deviation if other columns have them (``accuracy``: ``accuracy_low`` and ``accuracy_high``, or ``accuracy_sd``)."""
    low, high, deviation = (_value_beside(row, column, part) for part in ("low", "high", "sd"))
    if pd.notna(low):
        deviation = (high - low) / 2
    if pd.isna(deviation):
        return CALLED.get(column, {}).get(row[column]) or show_value(row[column])
    scale = max(abs(row[column]), abs(deviation))
    return f"{show_value(float(row[column]), scale)} ± {show_value(deviation, scale)}"


def say_limits(row: dict, column: str) -> str:
    """Return the limits of the 95 % interval of a value in a row of a table in words; nothing if there are none."""
    low, high = (_value_beside(row, column, part) for part in ("low", "high"))
    return "" if pd.isna(low) else f"95 % interval: {show_value(low)} to {show_value(high)}"


def main_columns(rows: Sequence[dict], columns: Sequence[str] | None = None) -> tuple[list[str], list[str]]:
    """Return the columns of a table that are shown, and those that are said once as they are the same in all rows.

    Those are the columns asked for, or all that are not limits or deviations of others. None has both those of TELLING
    that are the same in all rows, and those that are empty in all. A single row is shown with all others.
    """
    beside = {_beside(column, part) for column in rows[0] for part in ("low", "high", "sd")}
    columns = columns or [column for column in rows[0] if column not in beside]
    same = [column for column in columns if len({(str(row[column]), say_limits(row, column)) for row in rows}) == 1]
    shown = [column for column in columns if column not in same]
    once = [column for column in same if column not in TELLING and pd.notna(rows[0][column])]
    return (shown, once) if len(rows) > 1 else (once, [])


def text_columns(rows: Sequence[dict]) -> set[str]:
    """Return the columns of a table that hold text."""
    return {column for column in rows[0] if any(isinstance(row[column], str) for row in rows)}


def _value_beside(row: dict, column: str, part: str) -> float:
    """Return a limit or the deviation of a column in a row of a table, NaN if there is none."""
    value = row.get(_beside(column, part))
    return math.nan if value is None else float(value)


def _beside(column: str, part: str) -> str:
    """Return the name of the column with the limits or the deviation of another; a unit comes last."""
    if part == "sd":
        return f"{column}_sd"
    stem = column.removesuffix("_myr")
    return f"{stem}_{part}{column[len(stem) :]}"
