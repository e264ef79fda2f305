"""Work spread over processes, or done ahead by a thread, with a limit on how much of it is held at a time."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_processes(function: Callable[[Task], Result], tasks: Iterable[Task], processes: int) -> Iterator[Result]:
    """Yield ``function(task)`` for each task, in order, computed by several processes.

    At most twice as many tasks as processes are under way or wait to be taken, so that a slow consumer does not let
    results pile up. An exception in ``function`` is raised here. Files are best opened within ``function``.
    """
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        waiting: deque[Future[Result]] = deque()
        for task in tasks:
            if len(waiting) == 2 * processes:
                yield waiting.popleft().result()
            waiting.append(pool.submit(function, task))
        while waiting:
            yield waiting.popleft().result()


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
