"""What a training run says about itself, epoch by epoch."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class RankTimes:
    """Where one rank's time went in an epoch, in seconds of wall time.

    ``train`` is the time of training alone; it contains ``input``, the wait for the next batch, and ``exchange``, from
    having one's own gradients to having the average, which contains the wait for slower ranks. ``reload`` (reading a
    newly dealt shard), ``validation`` and ``checkpoint`` are not part of it.
    """

    train: float = 0.0
    input: float = 0.0
    exchange: float = 0.0
    reload: float = 0.0
    validation: float = 0.0
    checkpoint: float = 0.0


@dataclass(frozen=True)
class EpochRecord:
    """One epoch over all ranks: loss is the cross-entropy of the classes in nats, ``properties_loss`` the weighted loss
    of the properties that is trained beside it (0 if there are none), ``images`` counts training images of all ranks,
    ``seconds`` are the times of each rank in order, ``step_seconds`` those that rank 0 computed for each update,
    without waiting for images and without the exchange."""

    epoch: int
    images: int
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: list[RankTimes] = field(repr=False)
    step_seconds: list[float] = field(default_factory=list, repr=False)
    properties_loss: float = 0.0
    validation_properties_loss: float = 0.0

    @property
    def workers(self) -> int:
        """Number of ranks."""
        return len(self.seconds)

    @property
    def train_seconds(self) -> float:
        """Wall time of training alone, the longest of all ranks."""
        return max(rank.train for rank in self.seconds)

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

    def describe(self, epochs: int) -> str:
        """Return a line for a person, of a run of so many epochs."""
        others = ""
        if self.properties_loss:
            others = f", properties {self.properties_loss:.3f} (validation {self.validation_properties_loss:.3f})"
        return (
            f"epoch {self.epoch} of {epochs}: loss {self.loss:.3f}, accuracy {self.accuracy:.3f} (validation"
            f" {self.validation_loss:.3f}, {self.validation_accuracy:.3f}){others},"
            f" {self.images_per_second:.0f} images/s"
        )

    @staticmethod
    def from_dict(record: dict) -> "EpochRecord":
        """Return the record that ``dataclasses.asdict`` turned into a dictionary."""
        return EpochRecord(**record | {"seconds": [RankTimes(**rank) for rank in record["seconds"]]})


def write_records(records: list[EpochRecord], path: str | Path) -> None:
    """Write one JSON object for each epoch, one to a line."""
    Path(path).write_text("".join(json.dumps(asdict(record)) + "\n" for record in records), encoding="utf-8")


def read_records(path: str | Path) -> list[EpochRecord]:
    """Return the records that ``write_records`` wrote."""
    return [EpochRecord.from_dict(json.loads(line)) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def write_train_log(records: list[EpochRecord], path: str | Path) -> None:
    """Write one performance line for each epoch, as DeepGalaxy's ``train_log.txt``, and what the figures mean."""
    header = (
        "# Time and images of training alone, without validation, reloading and checkpoints;"
        f" num_workers = {records[0].workers}.\n"
    )
    Path(path).write_text(header + "".join(record.performance_line() + "\n" for record in records), encoding="utf-8")
