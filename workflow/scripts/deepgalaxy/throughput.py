"""Training throughput, from the records of runs."""

import numpy as np

from deepgalaxy.training.record import EpochRecord

WARM_UP_EPOCHS = 3
"""DeepGalaxy's README reads the throughput after the third epoch, when tracing and caches are warm."""


def summarise_throughput(records: list[EpochRecord]) -> dict[str, float]:
    """Return the median throughput over the epochs of one run, in images per second.

    The first three epochs are left out; of a run that has no more than those, only the first is. Raises ValueError if
    there are none.
    """
    if not records:
        raise ValueError("A run without a finished epoch has no throughput.")
    skipped = WARM_UP_EPOCHS if len(records) > WARM_UP_EPOCHS else min(1, len(records) - 1)
    used = records[skipped:]
    total = float(np.median([record.images_per_second for record in used]))
    workers = used[0].workers
    return {
        "epochs_used": len(used),
        "images_per_second_per_worker": total / workers,
        "images_per_second": total,
    }
