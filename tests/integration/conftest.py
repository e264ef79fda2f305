"""Prepared images that a network can learn within seconds, and the command that trains on them."""

import subprocess
import sys

import h5py
import keras
import numpy as np
import pandas as pd
import psutil
import pytest

from deepgalaxy.cluster.job import TrainingJob
from support.processes import family

CLASSES = 4
PIXELS = 16


def write_blobs(path, count, seed):
    """Write images of noise with a bright blob, whose distance from the centre tells the class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(CLASSES, size=count).astype(np.int32)
    angle = rng.uniform(0, 2 * np.pi, count)
    centre = PIXELS / 2 + 2 * labels[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    row, column = np.mgrid[:PIXELS, :PIXELS]
    squared = (row - centre[:, 0, None, None]) ** 2 + (column - centre[:, 1, None, None]) ** 2
    images = 0.8 * np.exp(-squared / 4) + rng.uniform(0, 0.2, (count, PIXELS, PIXELS))
    with h5py.File(path, "w") as file:
        file["images"] = np.rint(images * 255).astype(np.uint8)[..., None]
        file["label"] = labels
        file["target_myr"] = labels * 10.0
        file["row"] = np.arange(count)


@pytest.fixture(scope="session")
def blobs(tmp_path_factory):
    """A directory with train.hdf5 (257 images), validation.hdf5, test.hdf5 and classes.csv."""
    directory = tmp_path_factory.mktemp("blobs")
    for seed, (name, count) in enumerate({"train": 257, "validation": 61, "test": 200}.items()):
        write_blobs(directory / f"{name}.hdf5", count, seed)
    pd.DataFrame({"label": range(CLASSES), "t_centre_myr": np.arange(CLASSES) * 10.0}).to_csv(
        directory / "classes.csv", index=False
    )
    return directory


@pytest.fixture(scope="session")
def training_command(blobs):
    """A function that returns the command line of a training run with ``workers`` ranks, ``launched`` of them."""

    def command(output, workers=1, *options, launched=None, code="-m deepgalaxy.train", data=blobs):
        return [
            *(TrainingJob(launched or workers, 1, 2).launch_command() if (launched or workers) > 1 else []),
            *(sys.executable, *code.split(maxsplit=1)),
            *(f"--{name}={data / name}.hdf5" for name in ("train", "validation")),
            f"--classes={blobs / 'classes.csv'}",
            *(f"--output={output}", f"--workers={workers}", f"--threads={2 // workers or 1}"),
            *("--architecture=reference_cnn", "--batch-size=16", "--learning-rate=0.01"),
            *options,
        ]

    return command


@pytest.fixture(scope="session")
def weights():
    """A function that returns the weights of the model in a directory, loaded as a user would."""

    def weights(directory):
        return keras.saving.load_model(directory / "model.keras", safe_mode=True).get_weights()

    return weights


@pytest.fixture
def start(root, training_command, tmp_path):
    """A function that starts training and returns its process, of which nothing is left after the test."""
    started = []

    def start(*words, **data):
        command = [str(word) for word in training_command(*words, **data)]
        environment = psutil.Process().environ() | {"PYTHONPATH": str(root / "workflow" / "scripts")}
        with open(tmp_path / f"screen-{len(started)}.txt", "w") as screen:
            started.append(psutil.Popen(command, env=environment, stdout=screen, stderr=subprocess.STDOUT))
        return started[-1]

    yield start
    for process in started:
        for left in family(process):
            left.kill()
