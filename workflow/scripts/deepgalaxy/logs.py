"""What a rule's script says: all of it in the log file, what a person wants to see on the screen."""

import gc
import io
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, TypeVar

from deepgalaxy.failures import in_one_sentence
from deepgalaxy.lifetime import on_stop_signals, starters, stop_with

logger = logging.getLogger("deepgalaxy")
Item = TypeVar("Item")


class StoppedBySignal(BaseException):
    """A script was asked to stop. It is no Exception, so that none who expects some failure keeps it."""


@contextmanager
def script_log(path: str | Path, title: str) -> Iterator[None]:
    """Run a script's body with everything that it prints at the end of the log file ``path``.

    Standard output and standard error are redirected as file descriptors, so that the file, a kept log, also catches
    what compiled libraries print. Records of this package's logger go to the file and to the screen.

    An exception ends the process with exit status 1: the file gets the traceback, the screen one sentence behind
    ``title``. A signal to stop, or the end of the Snakemake that started the script, ends the body by an exception,
    too, and what it was writing is removed. A line that cannot be written is lost, and nothing else.
    """
    screen = lossy(os.dup(2))
    with kept_log(Path(path), title, screen) as file:
        for standard in (1, 2):
            os.dup2(file, standard)
        yield from _run_logged(path, title, screen)


def _run_logged(path: str | Path, title: str, screen: TextIO) -> Iterator[None]:
    """Yield once, and end the process if an exception comes back."""
    sys.stdout, sys.stderr = lossy(1), lossy(2)
    begin_attempt(title)
    for stream, layout in ((screen, f"{title}: %(message)s"), (sys.stderr, "%(asctime)s %(message)s")):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter(layout))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    gc.freeze()  # what is imported stays; to look for garbage among it, also at the end, takes a fifth of a second
    try:
        on_stop_signals(_stop)
        stop_with(starters())
        yield
    except (Exception, StoppedBySignal) as error:
        on_stop_signals(lambda _: None)
        traceback.print_exc()
        print(f"{title}: {in_one_sentence(error)} (traceback: {path})", file=screen)
        # The HDF5 library crashes at a regular end if it holds a file that it could not write; nor is there more to do.
        os._exit(1)


def _stop(signal_name: str) -> None:
    raise StoppedBySignal(f"stopped by {signal_name}; run again")


@contextmanager
def kept_log(path: Path, title: str, screen: TextIO) -> Iterator[int]:
    """Yield a file descriptor of the end of a log file, or of none if it cannot be opened: then ``screen`` is told.

    Snakemake removes the log of an attempt before it makes the next. Therefore the file has a second name beside the
    first, which is taken from it only when the block has ended well; what begins while there is one goes on in it.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # there is none, or the file system has no second names
            os.link(unfinished, path)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with suppress(OSError):
            os.link(path, unfinished)
    except OSError as error:
        print(f"{title}: there will be no log: {in_one_sentence(error)}", file=screen)
        file = os.open(os.devnull, os.O_WRONLY)
    yield file
    os.close(file)
    with suppress(OSError):
        unfinished.unlink()


def begin_attempt(title: str) -> None:
    """Say on standard error, the log file, that from here on it is about another attempt."""
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    print(f"---- {title}, {now}, process {os.getpid()} ----", file=sys.stderr, flush=True)


def write_or_lose(descriptor: int, data: bytes) -> None:
    """Write to a file what can be written: a log on a full disk, or a reader that has left, is no reason to fail."""
    left = memoryview(data)
    with suppress(OSError):
        while left:
            left = left[os.write(descriptor, left) :]


class _LossyFile(io.FileIO):
    """A file that ``write_or_lose`` writes to."""

    def write(self, data: Any, /) -> int:
        """Return the length of ``data``."""
        write_or_lose(self.fileno(), data)
        return len(data)


def lossy(descriptor: int) -> TextIO:
    """Return a stream for a file descriptor that loses what cannot be written."""
    file = _LossyFile(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(file), errors="backslashreplace", line_buffering=True)


def progress(
    items: Iterable[Item],
    total: int | None,
    what: str,
    every_seconds: float = 10.0,
    amount: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Item]:
    """Yield ``items``, logging at most every ``every_seconds`` how many of ``total`` are done and the time left, or
    only how many if the total is not known.

    An item counts as ``amount`` of it. The first one may take long, since code is compiled or files are opened for it:
    the time left is judged by those after it. Whole lines rather than a bar, since jobs run side by side on one screen.
    """
    last = time.monotonic()
    done = first = 0
    begun = last
    for item in items:
        now = time.monotonic()
        if done and now - last >= every_seconds:
            last = now
            if total is None:
                logger.info("%s %s so far", f"{done:,}", what)
            elif done == first:
                logger.info("%s of %s %s", f"{done:,}", f"{total:,}", what)
            else:
                left = (now - begun) / (done - first) * (total - done)
                logger.info("%s of %s %s, %.0f s left", f"{done:,}", f"{total:,}", what, left)
        yield item
        done += amount(item)
        if not first:
            first, begun = done, time.monotonic()
