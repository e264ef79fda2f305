"""Logs of DeepGalaxy: the throughput that its ``train_log.txt`` files report."""

import codecs
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MARK = "[Performance]"
_LINE = re.compile(
    re.escape(MARK) + r" Epoch (\d+) takes [\d.]+ seconds\. "
    r"Throughput: (\d+\.\d+) images/sec \(per worker\), (\d+\.\d+) images/sec \(total\)"
)
_STATED = re.compile(r"num_workers = (\d+)")
_ROUNDING = 0.005
"""Figures are printed with two decimals."""


@dataclass(frozen=True)
class LoggedRun:
    """A run of ``workers`` processes, and its throughput in images per second in each epoch."""

    workers: int
    images_per_second: list[float]


def read_train_log(path: str | Path) -> list[LoggedRun]:
    """Return the runs in a log: one, or several, since DeepGalaxy appends to the file that it finds.

    A run begins where the number of the epoch does not increase, and where ``num_workers`` is stated. The number of
    workers is the ratio of total throughput to that of a worker, rounded, unless it is stated: two decimals of a slow
    worker's throughput do not tell 512 from 513. Other lines that do not start with ``[Performance]`` are skipped.
    Raises ValueError with file and line for a file that is not such a log, for a line that cannot be read, and for one
    that implies another number of workers than its run has.
    """
    try:
        # Byte-order marks stand at the head of each file that was joined to others.
        text = Path(path).read_text(encoding="utf-8").replace(codecs.BOM_UTF8.decode(), "")
    except UnicodeDecodeError as error:
        broken = error.object[: error.start].count(b"\n") + 1
        raise ValueError(f"{path}, line {broken}, is not text; give a train_log.txt of DeepGalaxy.") from None
    epochs: list[_Epoch] = []
    stated = None
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(MARK):
            found = _LINE.fullmatch(line.strip())
            if not found or float(found[2]) == 0:
                raise ValueError(
                    f"{path}, line {number}, is not a DeepGalaxy line such as '{MARK} Epoch 3 takes 10.99 seconds."
                    " Throughput: 23.21 images/sec (per worker), 92.82 images/sec (total)'."
                )
            epochs.append(_Epoch(number, int(found[1]), float(found[2]), float(found[3]), stated))
            stated = None
        elif statement := _STATED.search(line):
            stated = int(statement[1])
    if not epochs:
        lines = len(text.splitlines())
        raise ValueError(f"None of the {lines} lines of {path} starts with {MARK}.")
    pairs = enumerate(pairwise(epochs), 1)
    starts = [0, *(place for place, (one, other) in pairs if other.epoch <= one.epoch or other.workers)]
    return [_run(path, epochs[start:stop]) for start, stop in pairwise([*starts, len(epochs)])]


class _Epoch(NamedTuple):
    """A line of a log: its number, the epoch, the throughput of a worker and of all, and what was stated before it."""

    line: int
    epoch: int
    single: float
    total: float
    workers: int | None


def _run(path: str | Path, epochs: list[_Epoch]) -> LoggedRun:
    """Return the run of some lines."""
    ratio = sum(epoch.total for epoch in epochs) / sum(epoch.single for epoch in epochs)
    workers = epochs[0].workers or max(1, round(ratio))
    for epoch in epochs:
        if abs(epoch.total - workers * epoch.single) > _ROUNDING * (workers + 1) * 1.001:
            raise ValueError(
                f"{path}, line {epoch.line}, is from {epoch.total / epoch.single:.3g} workers, but its run is"
                f" from {workers}."
            )
    return LoggedRun(workers, [epoch.total for epoch in epochs])
