"""Work spread over processes, or done ahead by a thread, with a limit on how much of it is held at a time."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from deepgalaxy.lifetime import STOP_SIGNALS, die_with

IMAGE_BYTES = 2**24
"""Blocks of memory of up to this size, as images take, are used again instead of going back to the system."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_processes(function: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order, computed by several processes.

    At most twice as many tasks as processes are under way or wait to be taken, so that a slow consumer does not let
    results pile up. An exception in ``function`` is raised here. Files are best opened within ``function``. No process
    outlives this one, or waits for its task to end once nobody wants the result.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, context, initializer=_begin_worker, initargs=(os.getpid(),)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for task in tasks:
                if len(waiting) == 2 * processes:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(function, task))
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            for worker in set(multiprocessing.active_children()) - before:
                worker.kill()
            raise


def _begin_worker(parent: int) -> None:
    """Leave it to the process that started this one to say when both stop, and keep memory once there is some."""
    die_with(parent)
    bytearray(IMAGE_BYTES)  # glibc keeps blocks that are no larger than the largest one that was freed
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def one_ahead(results: Iterable[Result]) -> Iterator[Result]:
    """Yield ``results``, each made by a thread while the one before it is in use.

    At most two are held: one in use, one ready. What making one raises is raised here, in its turn.
    """
    iterator = iter(results)
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(_take_one, iterator)
        while taken := coming.result():
            coming = thread.submit(_take_one, iterator)
            yield taken[0]


def _take_one(iterator: Iterator[Result]) -> list[Result]:
    """Return the next result on its own, or nothing after the last one."""
    return list(islice(iterator, 1))
