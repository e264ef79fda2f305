"""A dater of a network that was not trained, of a sample of noise, and the files that it is made of."""

from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.pack import Run, pack_dater
from deepgalaxy.targets import Target, write_targets
from deepgalaxy.training.model_file import load_network, save_network
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import TrainingOptions

PIXELS = 32
TARGETS = [
    Target("separation_kpc", "histogram", "kpc", -4.0, 4.0, 16, 1.0, 0.6),
    Target("line_of_sight", "axis", "degrees", np.nan, np.nan, 5, 1.0, 0.6),
    Target("merged", "binary", "", np.nan, np.nan, 0, 0.0, 0.0),
    Target("lone", "binary", "", np.nan, np.nan, 2, 1.0, 1.0),
]
COUNTS = {"train": 40, "validation": 24, "test": 24}


def write_sample(directory):
    """Write prepared files, tables and predictions: each split has images of four mergers and two lone galaxies, which
    are brighter."""
    rng = np.random.default_rng(1)
    names = ["early", "late", "no merger"]
    classes = pd.DataFrame({"label": range(3), "name": names, "counts_from": "first pericentre"})
    classes["t_from_myr"], classes["t_to_myr"], classes["t_centre_myr"] = (
        [0, 100, np.nan],
        [100, 200, np.nan],
        [50, 150, np.nan],
    )
    classes.to_csv(directory / "classes.csv", index=False)
    split = pd.DataFrame({"split": np.repeat(list(COUNTS), list(COUNTS.values()))})
    number = np.arange(len(split)) % 6
    split["isolated"] = number > 3
    split["group"] = [
        f"{name}_{'isolated' if lone else 's'}_{n}" for name, lone, n in zip(split["split"], split["isolated"], number)
    ]
    split["camera"] = 0
    split["label"] = np.where(split["isolated"], 2, rng.integers(0, 2, len(split)))
    split["target_myr"] = np.where(split["isolated"], np.nan, split["label"] * 100 + rng.uniform(0, 100, len(split)))
    split.to_csv(directory / "split.csv", index=False)
    properties = rng.normal(size=(len(split), 6))
    properties[:, 1:4] /= np.linalg.norm(properties[:, 1:4], axis=1, keepdims=True)
    properties[:, 4], properties[:, 5] = np.nan, split["isolated"]
    properties[split["isolated"], :4] = np.nan
    write_targets(TARGETS, directory / "properties.csv")
    for name in COUNTS:
        rows = rng.permutation(np.flatnonzero(split["split"] == name))
        brightness = np.where(split["isolated"].to_numpy()[rows], 250, 120)[:, None, None, None]
        with h5py.File(directory / f"{name}.hdf5", "w") as file:
            file["images"] = (rng.uniform(0, 1, (len(rows), PIXELS, PIXELS, 1)) * brightness).astype(np.uint8)
            file["row"], file["label"] = rows, split["label"].to_numpy()[rows]
            file["target_myr"] = split["target_myr"].to_numpy(np.float32)[rows]
            file["properties"] = properties[rows].astype(np.float32)
            file.attrs.update(shape="disc", half_width_kpc=40.0)
        with h5py.File(directory / f"{name}_predictions.hdf5", "w") as file:
            file["probabilities"] = rng.dirichlet(np.ones(3), len(rows)).astype(np.float32)
            file["row"], file["label"] = rows, split["label"].to_numpy()[rows]
            file["target_myr"] = split["target_myr"].to_numpy(np.float32)[rows]
            file.attrs["turns"] = 4


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    """The directory of a sample, with its dater; ``again`` packs it once more, into another file."""
    directory = tmp_path_factory.mktemp("dater")
    write_sample(directory)
    network = build_network(TrainingOptions("reference_cnn", 1, 1), PIXELS, "uint8", 3, TARGETS)
    save_network(network, directory / "model.keras")
    files = ("model.keras", "train.hdf5", "validation.hdf5", "validation_predictions.hdf5")
    tables = ("classes.csv", "split.csv", "properties.csv")
    run = Run(*(str(directory / name) for name in (*files, *tables)))

    def again(name):
        pack_dater(run, load_network(run.model), "data/sample", "# A card", 10_000, 16, directory / name)
        return directory / name

    return SimpleNamespace(directory=directory, file=again("dater.zip"), again=again)
