"""How long a trained network takes to answer."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import h5py
import keras
import numpy as np
import tensorflow as tf

from deepgalaxy.logs import progress

WARM_UP_CALLS = 10
"""Not counted: the first traces the network, and caches fill."""

PERCENTILES = (50, 90, 99)

READ_BYTES = 2**28
"""Images of no more than this size are taken, again and again."""


def measure_latency(network: keras.Model, prepared: str | Path, batches: Sequence[int], calls: int) -> list[dict]:
    """Return, for each size of a batch, the ``batch``, the ``calls``, and the percentiles ``p50_ms``, ``p90_ms`` and
    ``p99_ms`` of the time from a batch in main memory to the network's answer there.

    The images are those of a prepared file, other ones in each call as far as there are any.
    """
    with h5py.File(prepared) as file:
        stored = file["images"]
        images = stored[: max(1, READ_BYTES // (stored[0].nbytes or 1))]
    return [
        {"batch": size, "calls": calls} | percentiles(time_calls(network.predict_on_batch, images, size, calls))
        for size in progress(batches, len(batches), "sizes of batches timed")
    ]


def device() -> str:
    """Return what TensorFlow computes on here: the name of the first GPU, or ``CPU``."""
    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if gpus else "CPU"


def time_calls(call: Callable[[np.ndarray], object], images: np.ndarray, size: int, calls: int) -> np.ndarray:
    """Return the seconds of each of ``calls`` calls with ``size`` images, after the warm-up, float64 (calls,)."""
    seconds = np.empty(WARM_UP_CALLS + calls)
    for number in range(len(seconds)):
        batch = images[np.arange(number * size, (number + 1) * size) % len(images)]
        start = time.perf_counter()
        call(batch)
        seconds[number] = time.perf_counter() - start
    return seconds[WARM_UP_CALLS:]


def percentiles(seconds: np.ndarray) -> dict[str, float]:
    """Return PERCENTILES of some times, in milliseconds, by name; each was measured, and is no mean of two."""
    values = np.percentile(seconds, PERCENTILES, method="inverted_cdf")
    return {f"p{percent}_ms": 1000 * float(value) for percent, value in zip(PERCENTILES, values)}
