"""Where a training run stands, and where its time goes."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from deepgalaxy.training.record import EpochRecord, RankTimes


class Sums(NamedTuple):
    """What is added up over images: their losses and second values, as the objective defines them, how many there were,
    and their weighted losses of properties, 0 if there are none. Within TensorFlow these are a float64 tensor of shape
    (4,), in this order."""

    loss: float
    second: float
    images: float
    properties_loss: float

    @property
    def mean_loss(self) -> float:
        """Loss per image."""
        return self.loss / self.images

    @property
    def mean_properties_loss(self) -> float:
        """Weighted loss of the properties per image."""
        return self.properties_loss / self.images

    @property
    def mean_second(self) -> float:
        """Second value per image."""
        return self.second / self.images


@dataclass
class Progress:
    """Where a run stands: ``batches`` of ``epoch`` are done on each rank; ``sums``, (4,) float64 as in Sums,
    ``seconds`` and ``step_seconds`` are this rank's of the epoch so far; ``records`` those of the epochs before."""

    epoch: int = 1
    batches: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(4))
    seconds: RankTimes = field(default_factory=RankTimes)
    step_seconds: list[float] = field(default_factory=list)
    records: list[EpochRecord] = field(default_factory=list)
    best_loss: float = math.inf

    @contextmanager
    def clock(self, name: str) -> Iterator[None]:
        """Add the time of a block to one of this rank's times, by its name in RankTimes."""
        start = time.perf_counter()
        yield
        setattr(self.seconds, name, getattr(self.seconds, name) + time.perf_counter() - start)

    def after(self, record: EpochRecord) -> "Progress":
        """Return the start of the epoch after the one that is recorded."""
        return Progress(record.epoch + 1, records=[*self.records, record], best_loss=self.best_loss)

    def common_state(self) -> dict:
        """Return what is the same on all ranks, or rank 0's, as JSON can hold it."""
        return {
            "epoch": self.epoch,
            "batches": self.batches,
            "step_seconds": self.step_seconds,
            "records": [record.as_dict() for record in self.records],
            "best_loss": self.best_loss,
        }

    def own_state(self) -> dict:
        """Return what is this rank's own, as JSON can hold it."""
        return {"sums": self.sums.tolist(), "seconds": asdict(self.seconds)}

    @staticmethod
    def from_states(common: dict, own: dict) -> "Progress":
        """Return the progress that ``common_state`` and ``own_state`` were taken from."""
        return Progress(
            epoch=common["epoch"],
            batches=common["batches"],
            sums=np.array(own["sums"]),
            seconds=RankTimes(**own["seconds"]),
            step_seconds=common["step_seconds"],
            records=[EpochRecord.from_dict(record) for record in common["records"]],
            best_loss=common["best_loss"],
        )


class Stopwatch:
    """Times the batches of an epoch, from its creation until ``stop``, without waiting for a GPU after each.

    What the steps return is kept as tensors; ``stop`` waits for them, and adds all to a Progress.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress, self._waited = progress, 0.0
        self._updates: list[tuple[float, tf.Tensor]] = []
        self._sums = tf.zeros(4, tf.float64)
        self._start = self._last_update = time.perf_counter()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of a block as waiting for images."""
        before = time.perf_counter()
        yield
        self._waited += time.perf_counter() - before

    def batch(self, sums: tf.Tensor) -> None:
        """Note the sums of a batch."""
        self._sums = self._sums + sums

    def update(self, exchange_seconds: tf.Tensor) -> None:
        """Note that an update is done, and how long its exchange took."""
        now = time.perf_counter()
        self._updates.append((now - self._last_update - self._waited, exchange_seconds))
        self._progress.seconds.input += self._waited
        self._last_update, self._waited = now, 0.0

    @property
    def train_seconds(self) -> float:
        """Time of training in the epoch so far."""
        return self._progress.seconds.train + time.perf_counter() - self._start

    def stop(self) -> None:
        """Wait until what was begun is done, and add it to the progress."""
        progress = self._progress
        progress.sums = progress.sums + self._sums.numpy()
        for seconds, exchange in self._updates:
            progress.seconds.exchange += float(exchange)
            progress.step_seconds.append(round(seconds - float(exchange), 6))
        progress.seconds.train = self.train_seconds
