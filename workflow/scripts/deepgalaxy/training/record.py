"""What a training run says about itself, epoch by epoch."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class EpochRecord:
    """One epoch over all ranks. ``train_seconds`` is the wall time of training alone, ``reload_seconds`` that of
    reading a new share, each the longest of all ranks; loss is the cross-entropy in nats; ``images`` counts training
    images of all ranks."""

    epoch: int
    workers: int
    images: int
    train_seconds: float
    reload_seconds: float
    validation_seconds: float
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float

    @property
    def images_per_second(self) -> float:
        """Throughput of all workers together."""
        return self.images / self.train_seconds

    def performance_line(self) -> str:
        """Return the line that DeepGalaxy writes for an epoch, with the time and the images of training alone."""
        return (
            f"[Performance] Epoch {self.epoch} takes {self.train_seconds:.2f} seconds. "
            f"Throughput: {self.images_per_second / self.workers:.2f} images/sec (per worker), "
            f"{self.images_per_second:.2f} images/sec (total)"
        )


def write_records(records: list[EpochRecord], path: str | Path) -> None:
    """Write one JSON object for each epoch, one to a line."""
    Path(path).write_text("".join(json.dumps(asdict(record)) + "\n" for record in records))


def write_train_log(records: list[EpochRecord], path: str | Path) -> None:
    """Write one performance line for each epoch, as DeepGalaxy's ``train_log.txt``."""
    Path(path).write_text("".join(record.performance_line() + "\n" for record in records))
