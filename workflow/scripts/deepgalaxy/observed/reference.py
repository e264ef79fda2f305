"""Published times of observed mergers, from a table that a user gives."""

import csv
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("file", "myr_since_pericentre", "source")


@dataclass(frozen=True)
class PublishedTime:
    """When an observed merger is, in Myr since its first pericentre, by a publication.

    ``file`` is the name of its image in the directory of observed images, ``source`` what the time is from.
    """

    file: str
    myr: float
    source: str


def read_reference(path: str | Path) -> list[PublishedTime]:
    """Return the rows of a CSV file with the COLUMNS, in UTF-8; it may have others.

    Raises ValueError with a sentence for each thing that is wrong: no such file, a column that is missing, no row, a
    row without the name of a file or with a time that is no number, and a file that is named twice.
    """
    named = f"`observed: reference` is {str(path)!r}"
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text in UTF-8"
        raise ValueError(f"{named}, which cannot be read: {reason}.") from error
    table = csv.reader(text.splitlines(), skipinitialspace=True)
    header = [name.strip() for name in next(table, [])]
    if missing := [name for name in COLUMNS if name not in header]:
        raise ValueError(
            f"{named}, which lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}; its first line is"
            f" to name the columns {', '.join(COLUMNS)}."
        )
    rows = [(table.line_num, dict(zip(header, map(str.strip, row)))) for row in table if any(map(str.strip, row))]
    if not rows:
        raise ValueError(f"{named}, which has no row; give a row for each file whose time is published.")
    if mistakes := list(_mistakes(rows)):
        raise ValueError("\n".join(f"{named}: {mistake}" for mistake in mistakes))
    return [PublishedTime(row["file"], float(row[COLUMNS[1]]), row.get("source", "")) for _, row in rows]


def _mistakes(rows: list[tuple[int, dict[str, str]]]) -> Iterator[str]:
    """Yield a sentence for each thing that is wrong in the rows, given with their lines."""
    for line, row in rows:
        if not row.get("file"):
            yield f"line {line} names no file."
        time = row.get(COLUMNS[1], "")
        if not _is_finite(time):
            yield f"line {line} has {time!r} for a time; give a number of Myr since the first pericentre."
    for name, count in Counter(Path(row["file"]).name for _, row in rows if row.get("file")).items():
        if count > 1:
            yield f"{name} is named {count} times; leave one time for each file."


def _is_finite(text: str) -> bool:
    """Return whether a text is a finite number."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
