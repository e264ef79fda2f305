"""How much memory code takes, for tests that run it in a process of its own.

``ru_maxrss`` will not do: a new process inherits it from the one that started it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def peak_growth(every_seconds: float = 0.002) -> Iterator[list[int]]:
    """Yield a list that holds, after the block, how far memory grew within it, in bytes.

    Counted is what this process and its children hold together, with pages that they share counted once (PSS), sampled
    ``every_seconds``.
    """

    def held() -> int:
        total = 0
        for process in (psutil.Process(), *psutil.Process().children(recursive=True)):
            try:
                total += process.memory_full_info().pss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return total

    before, growth, finished = held(), [0], threading.Event()

    def sample() -> None:
        while not finished.wait(every_seconds):
            growth[0] = max(growth[0], held() - before)

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield growth
    finally:
        growth[0] = max(growth[0], held() - before)
        finished.set()
        sampler.join()
