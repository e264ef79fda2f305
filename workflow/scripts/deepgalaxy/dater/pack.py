"""From a finished run to the file of a dater."""

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dater.archive import array_bytes, json_bytes, write_archive
from deepgalaxy.dater.dater import STRETCH, Eye, Response, isolated_images
from deepgalaxy.dater.properties import property_levels
from deepgalaxy.evaluation.calibration import fit_temperature
from deepgalaxy.evaluation.conformal import central_scores, conformal_level
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import read_turns
from deepgalaxy.logs import progress
from deepgalaxy.observed.novelty import Limits, LoneProbe, TrainingFeatures
from deepgalaxy.observed.preparing import Frame, as_observed
from deepgalaxy.observed.table import INTERVALS
from deepgalaxy.sample.prepared_file import batches_of
from deepgalaxy.targets import read_targets
from deepgalaxy.version import workflow_version

if TYPE_CHECKING:
    import keras

MOST_COMPARED = 20_000
"""Training images, and validation images, that others are compared with."""
FEATURE_BYTES = 2**25
"""Of the features of these, at most: a dater is to be small enough to be sent."""
LIBRARIES = {"keras": ("keras",), "numpy": ("numpy",), "tensorflow": ("tensorflow-cpu", "tensorflow")}
DESCRIBED = ["row", "group", "camera", "label", "target_myr", "isolated"]
"""What is kept of each training image, from the split table."""


@dataclass(frozen=True)
class Run:
    """The files of a run and of its sample that a dater is made of."""

    model: str
    train: str
    validation: str
    validation_predictions: str
    classes: str
    split: str
    properties: str


def pack_dater(
    run: Run,
    network: "keras.Model",
    name: str,
    card: str,
    image_bytes: int,
    batch_size: int,
    output: str | Path,
) -> None:
    """Write the dater of a ``run``, called ``name``, whose ``network`` takes ``image_bytes`` of memory for an image.

    All that it holds besides is of images as they would be if they had been observed (``as_observed``): the features
    of the first training images, which are a random sample, and from validation images the temperature, the levels of
    the intervals, and what is usual of mergers.
    """
    split, classes, frame = pd.read_csv(run.split), pd.read_csv(run.classes), Frame.of(run.train)
    turns = read_turns(run.validation_predictions)
    eye = Eye(network, turns)
    response, row = look_at_file(eye, run.train, frame, batch_size, "training images")
    training = describe_training(split, row)
    features = TrainingFeatures(response.features, training["isolated"].to_numpy(bool))
    lone = LoneProbe.fit(features)
    response, row = look_at_file(eye, run.validation, frame, batch_size, "validation images")
    validation = predictions_of(run.validation, response.probabilities)
    merger = ~isolated_images(split)[row]
    standardised = features.standardised(response.features[merger])
    limits = Limits.of(
        features.find(response.features[merger]).to_merger, lone.probability(standardised) if lone else None
    )
    calibration = {
        "temperature": fit_temperature(validation),
        "turns": turns,
        "levels": interval_levels(validation, classes, split),
        "lone": asdict(lone) if lone else None,
        "limits": asdict(limits),
        "property_levels": levels_of_properties(run, response.properties, split["group"].to_numpy()[row]),
    }
    members = {
        "model.keras": Path(run.model).read_bytes(),
        "classes.csv": Path(run.classes).read_bytes(),
        "properties.csv": Path(run.properties).read_bytes(),
        "calibration.json": json_bytes(calibration),
        "training.csv": training.to_csv(index=False).encode(),
        "features.npy": array_bytes(features.features),
        "card.md": card.encode(),
    }
    description = {
        "name": name,
        "made_by": {"deepgalaxy": workflow_version(), **library_versions()},
        "images": asdict(frame),
        "stretch": STRETCH,
        "memory_bytes_per_image": image_bytes,
    }
    write_archive(members, description, output)


def interval_levels(validation: Predictions, classes: pd.DataFrame, split: pd.DataFrame) -> dict[str, float | None]:
    """Return the level of each of INTERVALS that holds for a new merger, by its share; None where it takes more
    validation mergers."""
    if not validation.timed.any():
        return {f"{share:g}": None for share in INTERVALS.values()}
    scores = central_scores(validation, classes)
    group = split["group"].to_numpy()[validation.row[validation.timed]]
    return {f"{share:g}": conformal_level(scores, group, share) for share in INTERVALS.values()}


def levels_of_properties(run: Run, predicted: dict[str, np.ndarray], group: np.ndarray) -> dict[str, float | None]:
    """Return ``property_levels`` by what is ``predicted`` of the first validation images, of simulations ``group``
    (n,)."""
    targets = read_targets(run.properties)
    if not any(target.learnt for target in targets):
        return {}
    with h5py.File(run.validation) as file:
        return property_levels(targets, predicted, file["properties"][: len(group)], group)


def predictions_of(prepared: str | Path, probabilities: np.ndarray) -> Predictions:
    """Return the ``probabilities`` (n, classes) of the first images of a prepared file with the truth."""
    with h5py.File(prepared) as file:
        truth = [file[name][: len(probabilities)] for name in ("label", "target_myr", "row")]
    return Predictions(probabilities, *truth)


def look_at_file(
    eye: Eye, prepared: str | Path, frame: Frame, batch_size: int, what: str
) -> tuple[Response, np.ndarray]:
    """Return what a network makes of the first images of a prepared file as if they had been observed, at most
    MOST_COMPARED and FEATURE_BYTES of features, and the row of each in the split table, (n,)."""
    with h5py.File(prepared) as file:
        images = file["images"]
        width = eye.look(images[:1]).features.shape[1]
        count = min(len(images), MOST_COMPARED, max(1, FEATURE_BYTES // (4 * width)))
        seen = [
            eye.look(as_observed(batch, frame))
            for batch in progress(batches_of(images, count, batch_size), count, what, amount=lambda batch: len(batch))
        ]
        row = file["row"][:count]
    return Response.joined(seen), row


def describe_training(split: pd.DataFrame, row: np.ndarray) -> pd.DataFrame:
    """Return what is kept of training images, by their rows in the split table, in order."""
    table = split.assign(row=np.arange(len(split)), isolated=isolated_images(split))
    return table.iloc[row][DESCRIBED].reset_index(drop=True)


def library_versions() -> dict[str, Any]:
    """Return the versions of the libraries that a network depends on, as they are installed."""
    found = {}
    for name, packages in LIBRARIES.items():
        for package in packages:
            try:
                found[name] = version(package)
                break
            except PackageNotFoundError:
                continue
    return found
