"""Files that appear whole or not at all; tables and JSON among them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol


class Table(Protocol):
    """What a table has to offer to be written; one of pandas does, which not all that write files should import."""

    def to_csv(self, path: Path, /, *, index: bool) -> Any:
        """Write the table as CSV."""


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, and rename it to ``path`` when the block ends without an exception.

    A reader sees the old file, or none, until the new one is complete; a failure leaves nothing behind. The temporary
    name keeps the suffix, since writers such as Keras and Matplotlib choose their format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".partial-{os.getpid()}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_table(table: Table, path: str | Path) -> None:
    """Write a table as CSV, without its index."""
    with whole_file(path) as whole:
        table.to_csv(whole, index=False)


def write_json(item: Any, path: str | Path) -> None:
    """Write what JSON can hold, in lines that people can read too, in UTF-8."""
    with whole_file(path) as whole:
        whole.write_text(json.dumps(item, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Return what ``write_json`` wrote."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
