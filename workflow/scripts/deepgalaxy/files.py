"""Files that appear whole or not at all; tables and JSON among them."""

import errno
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from deepgalaxy.lifetime import Process

LEFT_AFTER_S = 86400
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Table(Protocol):
    """What a table has to offer to be written; one of pandas does, which not all that write files should import."""

    def to_csv(self, path: Path, /, *, index: bool) -> Any:
        """Write the table as CSV."""


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, and rename it to ``path`` when the block ends without an exception.

    A reader sees the old file, or none, until the new one is complete; a failure leaves nothing behind, and what a
    killed process left in the directory is removed. An OSError for lack of room names ``path``. The temporary name
    keeps the suffix, since writers such as Keras and Matplotlib choose their format by it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent)
    temporary = temporary_path(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno in NO_ROOM and not error.filename:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def temporary_path(path: Path) -> Path:
    """Return where this process writes what is to become ``path``; ``remove_leftovers`` knows it by its name."""
    return path.with_name(f".partial-{Process.current()}--{path.name}")


def remove_leftovers(directory: Path) -> None:
    """Remove from a directory what processes that were killed have left half written there.

    A process on another host cannot be asked after: what it has not written to for LEFT_AFTER_S counts as left.
    """
    for left in directory.glob(".partial-*"):
        name = re.match(r"\.partial-(.+?-\d+-\d+-\d+)--", left.name)
        writer = Process.parse(name[1]) if name else None
        with suppress(OSError):
            if writer and (writer.ended() or (writer.elsewhere and time.time() - left.stat().st_mtime > LEFT_AFTER_S)):
                shutil.rmtree(left) if left.is_dir() else left.unlink()


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
