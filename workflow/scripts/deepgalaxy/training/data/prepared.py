"""What the prepared files of a training run hold."""

import csv
from dataclasses import dataclass
from pathlib import Path

import h5py


@dataclass(frozen=True)
class PreparedData:
    """Images of ``pixels`` a side and of type ``dtype``, how many there are in each file, and how many classes."""

    train: Path
    validation: Path
    pixels: int
    dtype: str
    training_images: int
    validation_images: int
    classes: int
    classes_by_camera: bool

    @staticmethod
    def read(train: Path, validation: Path, classes: Path) -> "PreparedData":
        """Read the properties of the files; ``classes`` is the table of the classes."""
        with h5py.File(train) as file:
            _, pixels, _, _ = file["images"].shape
            dtype, training_images = file["images"].dtype.name, len(file["label"])
        with h5py.File(validation) as file:
            validation_images = len(file["label"])
        with classes.open(newline="") as file:
            columns, *rows = csv.reader(file)
        return PreparedData(
            train, validation, pixels, dtype, training_images, validation_images, len(rows), "camera" in columns
        )

    def check(self, workers: int, head: str) -> None:
        """Raise ValueError if there are too few images for so many workers, or if the head does not fit the classes."""
        for path, images in ((self.train, self.training_images), (self.validation, self.validation_images)):
            if images < workers:
                raise ValueError(f"{path} holds {images} images, too few for {workers} workers.")
        if head == "ordinal" and self.classes_by_camera:
            raise ValueError("`head: ordinal` is only for classes of time; set `task: time` or `time_bins`.")
