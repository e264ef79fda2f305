"""The lock of a training run: two of them at a time would write the same files."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deepgalaxy.lifetime import GRACE_S, Process, starters

PATIENCE_S = GRACE_S + 15
"""How long a run that nobody waits for any more is given to end: more than the grace that it has itself."""


@contextmanager
def lock_run(directory: Path, say: Callable[[str], None], patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold the lock of a run's directory within a block; it goes with this process, however that ends.

    A run whose starter has ended stops by itself, and is waited for; ``say`` gets a line about it. Raises ValueError if
    another process holds the lock and is not about to end, or if the directory is a file.
    """
    if directory.is_file():
        raise ValueError(f"{directory} is a file; name a directory, which the training writes to.")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / ".lock"
    take = _take_by_flock if _has_locks(directory) else _take_by_name
    deadline = None
    while (taken := take(path)) is None:
        holder, orphaned = _read_holder(path)
        if deadline is None:
            deadline = time.monotonic() + patience_s * orphaned
            if orphaned:
                say(f"waiting for {holder}, which already trains in {directory} and is about to end")
        if time.monotonic() >= deadline:
            raise ValueError(
                f"{directory} is in use by another training, {holder}; wait for its end, or end it, and run again. If"
                f" there is no such process, delete {path}."
            )
        time.sleep(0.2)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        os.close(taken)


def _has_locks(directory: Path) -> bool:
    """Return whether the file system has locks; some refuse them, and some always say that another holds them."""
    with tempfile.TemporaryFile(dir=directory) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _take_by_flock(path: Path) -> int | None:
    """Return the descriptor that holds the lock, or None if another process has it."""
    opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(opened), path.stat()):  # and not removed meanwhile by who held it before
            return _sign(opened)
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(opened)
    return None


def _take_by_name(path: Path) -> int | None:
    """Do the same without the kernel's locks: who creates the file holds the lock, as long as that process lives."""
    try:
        return _sign(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        pass
    with suppress(OSError):
        holder = Process.parse(path.read_text(encoding="utf-8").partition("\n")[0])
        if holder and holder.ended():
            path.unlink()
            return _take_by_name(path)
    return None


def _sign(opened: int) -> int:
    """Write into the file who holds the lock, and who started that process."""
    os.ftruncate(opened, 0)
    os.write(opened, "\n".join(map(str, [Process.current(), *starters()])).encode())
    return opened


def _read_holder(path: Path) -> tuple[str, bool]:
    """Return who holds the lock, in words, and whether nobody waits for that process any more, as far as one knows."""
    try:
        holder, *started_by = map(Process.parse, path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError):
        return "a process that is just beginning or ending", True
    if holder is None:
        return "a process that is not known", False
    orphaned = holder.ended() or any(process is None or process.elsewhere or process.ended() for process in started_by)
    return f"process {holder.pid} on {holder.host}", orphaned
