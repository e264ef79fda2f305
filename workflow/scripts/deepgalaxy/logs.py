"""What a rule's script says: all of it in the log file, what a person wants to see on the screen."""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

logger = logging.getLogger("deepgalaxy")
Item = TypeVar("Item")


@contextmanager
def script_log(path: str | Path, title: str) -> Iterator[None]:
    """Run a script's body with everything that it prints in the log file ``path``.

    Standard output and standard error are redirected as file descriptors, so that the file also catches what compiled
    libraries print. Records of this package's logger go to the file and to the screen. An exception ends the process
    with exit status 1: the file gets the traceback, the screen the exception's own line behind ``title``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    screen = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    with open(path, "w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for stream, layout in ((screen, f"{title}: %(message)s"), (sys.stderr, "%(asctime)s %(message)s")):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter(layout))
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    except Exception as error:
        traceback.print_exc()
        print(f"{title}: {last_line(error)} (traceback: {path})", file=screen)
        sys.exit(1)


def last_line(error: BaseException) -> str:
    """Return what went wrong in one line: the message, with the type before it unless it is a plain ValueError.

    Functions of this package report bad input as a ValueError whose message is a sentence for the user.
    """
    line = traceback.format_exception_only(error)[-1].strip()
    return line.removeprefix("ValueError: ")


def progress(
    items: Iterable[Item],
    total: int,
    what: str,
    every_seconds: float = 10.0,
    amount: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Item]:
    """Yield ``items``, logging at most every ``every_seconds`` how many of ``total`` are done and the time left.

    An item counts as ``amount`` of it. Whole lines rather than a bar: jobs run side by side and share one screen.
    """
    start = last = time.monotonic()
    done = 0
    for item in items:
        now = time.monotonic()
        if done and now - last >= every_seconds:
            last = now
            left = (now - start) / done * (total - done)
            logger.info("%s of %s %s, %.0f s left", f"{done:,}", f"{total:,}", what, left)
        yield item
        done += amount(item)
