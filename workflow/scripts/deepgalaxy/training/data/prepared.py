"""What the prepared files of a training run hold."""

import csv
from dataclasses import dataclass
from pathlib import Path

import h5py

from deepgalaxy.resampling import Sight, sight_of


@dataclass(frozen=True)
class PreparedData:
    """How images were prepared, how many there are in each file, how many classes, whether each class has a place of
    its own in the order of time, and the cameras that have classes of their own."""

    train: Path
    validation: Path
    sight: Sight
    training_images: int
    validation_images: int
    classes: int
    classes_ordered: bool
    classes_cameras: frozenset[int]

    @property
    def pixels(self) -> int:
        """The side of an image."""
        return self.sight.pixels

    @property
    def dtype(self) -> str:
        """The type of the images."""
        return self.sight.dtype

    @staticmethod
    def read(train: Path, validation: Path, classes: Path) -> "PreparedData":
        """Read what the files say of themselves; ``classes`` is the table of the classes.

        Raises ValueError if a file is missing, or is not what prepare_images and split_images write.
        """
        sight, training_images = _describe(train)
        _, validation_images = _describe(validation)
        if not classes.is_file():
            raise ValueError(f"{classes}, the table of the classes, is not a file; give classes.csv of the sample.")
        with classes.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or "label" not in rows[0]:
            raise ValueError(f"{classes} is no table of classes, with a column label; give classes.csv of the sample.")
        ordered = all(row.get("ordered") != "False" for row in rows)
        cameras = frozenset(int(row["camera"]) for row in rows if row.get("camera"))
        images = (training_images, validation_images)
        return PreparedData(train, validation, sight, *images, len(rows), ordered, cameras)

    def check(self, workers: int) -> None:
        """Raise ValueError if there are too few images for so many workers."""
        for path, images in ((self.train, self.training_images), (self.validation, self.validation_images)):
            if images < workers:
                raise ValueError(f"{path} holds {images} images, too few for {workers} workers.")


def _describe(path: Path) -> tuple[Sight, int]:
    """Return the form and the number of the images of a prepared file.

    Raises ValueError unless ``path`` is an HDF5 file with ``images`` and ``label``.
    """
    if not path.is_file():
        raise ValueError(f"{path}, a prepared file to train on, is not a file; prepare_images writes train.hdf5.")
    if h5py.is_hdf5(path):
        with h5py.File(path) as file:
            if {"images", "label"} <= set(file):
                images = file["images"]
                return sight_of(file.attrs, images.shape, images.dtype.name), len(file["label"])
    raise ValueError(f"{path} is not a prepared file, HDF5 with images and label; give one of prepare_images.")
