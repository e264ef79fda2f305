"""What a training run says about itself, epoch by epoch."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

ACCURACY = "accuracy"
"""The second value of a classification: the share of the images that were classified correctly."""
SECOND = ("second", "validation_second")
"""Fields of a record that have, where it is written, the second value's name in place of ``second``."""


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
    """One epoch over all ranks: ``loss`` is that of the objective (``deepgalaxy.training.objectives``), ``second`` its
    other figure, called ``second_name``, ``properties_loss`` the weighted loss of the properties that is trained beside
    it (0 if there are none), ``images`` counts training images of all ranks,
    ``seconds`` are the times of each rank in order, ``step_seconds`` those that rank 0 computed for each update,
    without waiting for images and without the exchange."""

    epoch: int
    images: int
    learning_rate: float
    loss: float
    second: float
    validation_loss: float
    validation_second: float
    seconds: list[RankTimes] = field(repr=False)
    step_seconds: list[float] = field(default_factory=list, repr=False)
    properties_loss: float = 0.0
    validation_properties_loss: float = 0.0
    second_name: str = ACCURACY

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

    @property
    def wall_seconds(self) -> float:
        """Wall time of all that an epoch takes, validation and checkpoints included, the longest of all ranks."""
        return max(rank.train + rank.reload + rank.validation + rank.checkpoint for rank in self.seconds)

    @property
    def compared_loss(self) -> float:
        """The validation loss by which epochs are compared: that of the objective and that of the properties."""
        return self.validation_loss + self.validation_properties_loss

    def reaches(self, target: float) -> bool:
        """Return whether the loss is as low as ``target``; 0 is none, and never reached."""
        return target > 0 and self.compared_loss <= target

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
        figures = (self.loss, self.second, self.validation_loss, self.validation_second)
        digits = ".3f" if self.second_name == ACCURACY else ".4g"
        loss, second, validation_loss, validation_second = (format(figure, digits) for figure in figures)
        return (
            f"epoch {self.epoch} of {epochs}: loss {loss}, {self.second_name.replace('_', ' ')} {second} (validation"
            f" {validation_loss}, {validation_second}){others}, {self.images_per_second:.0f} images/s"
        )

    def as_dict(self) -> dict:
        """Return the record as JSON can hold it, with the second value under its name."""
        record, name = asdict(self), self.second_name
        return {key.replace("second", name) if key in SECOND else key: value for key, value in record.items()}

    @staticmethod
    def from_dict(record: dict) -> "EpochRecord":
        """Return the record that ``as_dict`` turned into a dictionary."""
        name = record.get("second_name", ACCURACY)
        names = {field.replace("second", name): field for field in SECOND}
        record = {names.get(key, key): value for key, value in record.items()}
        return EpochRecord(**record | {"seconds": [RankTimes(**rank) for rank in record["seconds"]]})


def time_to_target(records: Sequence[EpochRecord], target: float) -> dict | None:
    """Return after how many ``epochs`` and ``seconds`` (``wall_seconds``) of training the ``validation_loss`` that is
    the ``target`` was reached, both None if it was not; None without a target."""
    if not target:
        return None
    reached = next((number for number, record in enumerate(records, 1) if record.reaches(target)), None)
    seconds = sum(record.wall_seconds for record in records[:reached]) if reached else None
    return {"validation_loss": target, "epochs": reached, "seconds": seconds}


def workers_by_epoch(records: Sequence[EpochRecord]) -> list[dict[str, int]]:
    """Return by how many ``workers`` a run was trained, ``from_epoch`` on, one entry for each change."""
    parts: list[dict[str, int]] = []
    for record in records:
        if not parts or parts[-1]["workers"] != record.workers:
            parts.append({"from_epoch": record.epoch, "workers": record.workers})
    return parts


def write_records(records: list[EpochRecord], path: str | Path) -> None:
    """Write one JSON object for each epoch, one to a line."""
    Path(path).write_text("".join(json.dumps(record.as_dict()) + "\n" for record in records), encoding="utf-8")


def read_records(path: str | Path) -> list[EpochRecord]:
    """Return the records that ``write_records`` wrote."""
    return [EpochRecord.from_dict(json.loads(line)) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def write_train_log(records: list[EpochRecord], path: str | Path) -> None:
    """Write one performance line for each epoch, as DeepGalaxy's ``train_log.txt``, and what the figures mean; the
    number of workers again where it changes."""
    headers = {
        part["from_epoch"]: "# Time and images of training alone, without validation, reloading and checkpoints;"
        f" num_workers = {part['workers']}.\n"
        for part in workers_by_epoch(records)
    }
    lines = (headers.get(record.epoch, "") + record.performance_line() + "\n" for record in records)
    Path(path).write_text("".join(lines), encoding="utf-8")
