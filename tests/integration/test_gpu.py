"""Training on a GPU: the same bits every time, also after it was killed, and nearly what CPUs get."""

import json
import subprocess
import time

import h5py
import numpy as np
import psutil
import pytest
import tensorflow as tf

pytestmark = pytest.mark.skipif(not tf.config.list_physical_devices("GPU"), reason="needs a GPU that TensorFlow uses")

NETWORKS = {
    "reference_cnn": ("--noise=0.1", "--mirror"),
    "EfficientNetB0": (),  # depthwise convolutions
    "EfficientNetB0 in float16": ("--precision=mixed_float16",),
    "ResNet50 by XLA": ("--xla",),
}


@pytest.fixture(scope="session")
def large_blobs(blobs, tmp_path_factory):
    """The images of ``blobs``, four times as large on each side, which all networks take."""
    directory = tmp_path_factory.mktemp("large")
    for name in ("train", "validation"):
        with h5py.File(blobs / f"{name}.hdf5") as small, h5py.File(directory / f"{name}.hdf5", "w") as large:
            for key in small:
                large[key] = small[key][:]
            del large["images"]
            large["images"] = small["images"][:].repeat(4, axis=1).repeat(4, axis=2)
    return directory


@pytest.fixture
def start(root, training_command, large_blobs):
    """A function that starts training on the large blobs and returns its process."""

    def start(output, network, *options, gpu=True):
        options = (f"--architecture={network.split()[0]}", *NETWORKS[network], "--epochs=3", "--seed=3", *options)
        command = [str(word) for word in training_command(output, 1, *options, data=large_blobs)]
        environment = psutil.Process().environ() | {"PYTHONPATH": str(root / "workflow" / "scripts")}
        environment |= {} if gpu else {"CUDA_VISIBLE_DEVICES": "-1"}
        output.mkdir(exist_ok=True)
        with open(output / "screen.txt", "a") as screen:
            return psutil.Popen(command, env=environment, stdout=screen, stderr=subprocess.STDOUT)

    return start


def losses(directory):
    return [json.loads(line)["loss"] for line in (directory / "epochs.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("network", NETWORKS)
def test_training_on_a_gpu(network, start, weights, tmp_path):
    whole, again, killed, on_cpu = (tmp_path / name for name in ("whole", "again", "killed", "on_cpu"))
    runs = [start(whole, network), start(again, network), start(on_cpu, network, gpu=False)]
    broken = start(killed, network, "--checkpoint-minutes=0")
    while broken.poll() is None and not list(killed.glob("checkpoints/000002-*.npz")):
        time.sleep(0.01)
    assert broken.poll() is None, (killed / "screen.txt").read_text()
    broken.kill()
    broken.wait()
    runs.append(start(killed, network))
    for run in runs:
        assert run.wait() == 0, [path.read_text()[-2000:] for path in tmp_path.glob("*/screen.txt")]
    assert "resuming from a checkpoint" in (killed / "screen.txt").read_text()
    for other in (again, killed):
        assert all(np.array_equal(x, y) for x, y in zip(weights(whole), weights(other), strict=True))
    assert "GPU" in (whole / "screen.txt").read_text()
    # TensorFlow multiplies with 10 bits of mantissa on a GPU (TF32), and float16 is no better.
    np.testing.assert_allclose(losses(whole)[0], losses(on_cpu)[0], rtol=0.02)
