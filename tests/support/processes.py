"""Processes that tests start, and end, with all that these have started."""

import time

import psutil


def family(process):
    """A process and all that it has started, as far as they run."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def wait_for(what, condition, *arguments, seconds=60):
    """Wait until ``condition(*arguments)`` is true, and return what it returns."""
    deadline = time.monotonic() + seconds
    while not (found := condition(*arguments)):
        assert time.monotonic() < deadline, f"{what} was waited for in vain"
        time.sleep(0.05)
    return found
