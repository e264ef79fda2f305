"""What it takes to date an image, as it is read from the file of a dater."""

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deepgalaxy.dater.archive import read_archive, read_array
from deepgalaxy.evaluation.turns import mean_over_turns
from deepgalaxy.image import BRIGHTEST, FAINTEST
from deepgalaxy.observed.novelty import Limits, LoneProbe, TrainingFeatures
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.targets import Target, parse_targets

if TYPE_CHECKING:
    import keras

STRETCH = {"faintest": FAINTEST, "brightest": BRIGHTEST}


@dataclass(frozen=True)
class Dater:
    """A trained network with what belongs to it.

    ``frame`` is what its images are like. ``classes`` is the table of its classes, ``training`` has a row for each
    training image of the ``features``: row, group, camera, label, target_myr, isolated; these and all that follows are
    of images as they would be if they had been observed (``as_observed``). ``lone`` tells lone galaxies from mergers,
    None if none were trained on; ``limits`` are what is usual of mergers. ``temperature`` scales its
    probabilities, ``levels`` are those of its intervals by share, and ``turns`` how many turns of an image it is asked
    for. ``targets`` are the properties that it predicts, ``property_levels`` those of their intervals by name.
    ``memory`` is what its network takes for an image in bytes. ``network_file`` is the Keras file, ``card`` what there
    is to say of it.
    """

    frame: Frame
    classes: pd.DataFrame
    training: pd.DataFrame
    features: TrainingFeatures
    lone: LoneProbe | None
    limits: Limits
    temperature: float
    levels: dict[str, float | None]
    turns: int
    targets: list[Target]
    property_levels: dict[str, float | None]
    memory: int
    network_file: bytes
    card: str
    description: dict[str, Any]

    @classmethod
    def read(cls, path: str | Path) -> "Dater":
        """Return what the file of a dater holds; TensorFlow is not imported.

        Raises ValueError as ``read_archive`` does, and if images were stretched otherwise in training than they would
        be here.
        """
        members, description = read_archive(path)
        if description["stretch"] != STRETCH:
            raise ValueError(
                f"{path} was trained on images with another stretch than this version of deepgalaxy makes; use the"
                f" version that wrote it, {description['made_by'].get('deepgalaxy')}."
            )
        calibration = json.loads(members["calibration.json"])
        training = pd.read_csv(io.BytesIO(members["training.csv"]))
        return cls(
            frame=Frame(**description["images"]),
            classes=pd.read_csv(io.BytesIO(members["classes.csv"])),
            training=training,
            features=TrainingFeatures(read_array(members["features.npy"]), training["isolated"].to_numpy(bool)),
            lone=LoneProbe(**calibration["lone"]) if calibration["lone"] else None,
            limits=Limits(**calibration["limits"]),
            temperature=calibration["temperature"],
            levels=calibration["levels"],
            turns=calibration["turns"],
            targets=parse_targets(members["properties.csv"].decode()),
            property_levels=calibration["property_levels"],
            memory=description["memory_bytes_per_image"],
            network_file=members["model.keras"],
            card=members["card.md"].decode(),
            description=description,
        )

    def lone_probability(self, features: np.ndarray) -> np.ndarray | None:
        """Return the probability (n,) that images with these ``features`` (n, m) show lone galaxies; None if none were
        trained on."""
        if self.lone is None:
            return None
        return self.lone.probability(self.features.standardised(features)) if len(features) else np.empty(0)

    def network(self) -> "keras.Model":
        """Return the network, for which TensorFlow has to be configured; raises ValueError if Keras cannot load it."""
        from deepgalaxy.training.model_file import load_network

        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory, "model.keras")
            file.write_bytes(self.network_file)
            try:
                return load_network(file)
            except Exception as error:
                import keras

                raise ValueError(
                    f"The network cannot be loaded by Keras {keras.__version__}; it was saved by Keras"
                    f" {self.description['made_by'].get('keras')}: {str(error).splitlines()[0]}"
                ) from error


def isolated_images(split: pd.DataFrame) -> np.ndarray:
    """Return which images of a split table show lone galaxies, bool (n,)."""
    return split["isolated"].to_numpy(bool) if "isolated" in split else np.zeros(len(split), bool)


@dataclass(frozen=True)
class Response:
    """What a network makes of images: class ``probabilities`` (n, classes), ``features`` (n, m), and by their names
    what it predicts of ``properties`` (n, bins), float32."""

    probabilities: np.ndarray
    features: np.ndarray
    properties: dict[str, np.ndarray]

    @classmethod
    def joined(cls, parts: Sequence["Response"]) -> "Response":
        """Return the responses to several batches, at least one, as one."""
        probabilities, features = (
            np.concatenate([getattr(part, name) for part in parts]) for name in ("probabilities", "features")
        )
        names = parts[0].properties
        return cls(
            probabilities, features, {name: np.concatenate([part.properties[name] for part in parts]) for name in names}
        )


class Eye:
    """A network as it is used on images: the mean over turns of what it predicts and of its features, so that nothing
    depends on how an image is turned by right angles, if it is asked for four turns or more."""

    def __init__(self, network: "keras.Model", turns: int) -> None:
        import keras

        from deepgalaxy.observed.features import feature_network

        outputs = network.output if isinstance(network.output, dict) else {"probabilities": network.output}
        self._network = keras.Model(network.inputs, outputs | {"features": feature_network(network).output})
        self._turns = turns

    def look(self, images: np.ndarray) -> Response:
        """Return what the network makes of a batch of images (n, pixels, pixels, 1)."""
        if len(images):
            seen = mean_over_turns(lambda view: self._network.predict_on_batch(view[:]), images, self._turns)
        else:
            seen = {name: np.empty((0, *output.shape[1:]), np.float32) for name, output in self._network.output.items()}
        properties = dict(seen)
        return Response(properties.pop("probabilities"), properties.pop("features"), properties)
