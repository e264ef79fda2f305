"""How long the ranks of a run take to average arrays of different sizes."""

import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from deepgalaxy.training.ranks.communicator import Ranks

COLUMNS = ("workers", "bytes", "repetition", "seconds")
SIZES = tuple(1024 * 4**power for power in range(1, 8))
"""Bytes of the arrays: 4 KiB to 16 MiB."""

WARM_UP = 3
REPETITIONS = 10


def time_allreduce(ranks: Ranks, heartbeat: Callable[[], None] = lambda: None) -> list[tuple[int, int, int, float]]:
    """Time the averaging of float32 arrays over ranks, and return rows of ``COLUMNS``; none for one rank.

    ``seconds`` is the time of the slowest rank from a common start. The first repetitions of each size are left out:
    in these Horovod learns of the array.
    """
    if ranks.size == 1:
        return []
    # One element comes back, so that the clock waits for the exchange but not for a copy of the result.
    exchange = tf.function(lambda array: ranks.average([array])[0][:1], reduce_retracing=True, autograph=False)
    rows = []
    for size in SIZES:
        array, seconds = tf.ones(size // 4), []
        for _ in range(WARM_UP + REPETITIONS):
            ranks.total(np.zeros(1))  # a common start
            start = time.perf_counter()
            exchange(array).numpy()
            seconds.append(time.perf_counter() - start)
            heartbeat()
        slowest = np.max(ranks.gather(seconds), axis=0)[WARM_UP:]
        rows += [(ranks.size, size, number, round(float(second), 7)) for number, second in enumerate(slowest)]
    return rows
