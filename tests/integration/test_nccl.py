"""Horovod with NCCL, as `make setup GPU=nccl` builds it, loads, with a GPU and without one, and ranks add rightly."""

import json
import os
import re
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
import tensorflow as tf

from deepgalaxy.cluster.job import TrainingJob
from deepgalaxy.gpu import cuda_of_horovod

GPUS = len(tf.config.list_physical_devices("GPU"))
NO_INDEX = re.compile(r"client error \(Connect\)|No matching distribution found for horovod")


@pytest.fixture(scope="module")
def python(run, root, tmp_path_factory):
    """The Python of an environment whose Horovod has NCCL: this one, or else one that is made for these tests.

    That one holds what Horovod is built with and against, and finds all else in this environment.
    """
    if cuda_of_horovod():
        yield sys.executable
        return
    place = tmp_path_factory.mktemp("nccl")
    venv.create(place / "environment", with_pip=False)
    python = place / "environment/bin/python"
    packages = place / f"environment/lib/python{sysconfig.get_python_version()}/site-packages"
    (packages / "rest.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pins = re.split(r"\n(?=\w)", (root / "envs/requirements-gpu.txt").read_text().strip())
    chosen = [pin for pin in pins if re.match("(tensorflow|nvidia-nccl-cu12)==", pin)]
    (place / "lock.txt").write_text("\n".join(chosen) + "\n")
    locks = (place / "lock.txt", *(root / f"envs/requirements-{name}.txt" for name in ("horovod", "nvcc")))
    # By the nvcc of these packages, whatever else this machine has, and for one kind of GPU, which takes less long.
    others = [entry for entry in os.environ["PATH"].split(os.pathsep) if not Path(entry, "nvcc").exists()]
    path = os.pathsep.join([str(python.parent), *others])
    env = {"PATH": path, "CUDA_HOME": "", "NCCL_HOME": "", "HOROVOD_BUILD_CUDA_CC_LIST": "90"}
    for command in ([python, root / "envs/install.py", *locks], ["bash", root / "envs/train.post-deploy.sh", "nccl"]):
        result = run("nice", *command, cwd=place, env=env, timeout=1800)
        log = place / "horovod-build.log"
        said = result.stderr + (log.read_text() if log.exists() else "")
        if result.returncode and NO_INDEX.search(said):
            pytest.skip("no package index can be reached")
        assert result.returncode == 0, said[-5000:]
    yield python
    shutil.rmtree(place)


@pytest.fixture
def ranks(run, root, python):
    """A function that starts ranks, and returns what each of them is given."""

    def ranks(number, **env):
        launcher = TrainingJob(number, 1, 1).launch_command()
        result = run(*launcher, python, root / "tests/support/two_ranks.py", env=env)
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    return ranks


def test_two_ranks_add_rightly_without_a_gpu(ranks):
    expected = {"between_gpus": True, "total": [3.0], "mean": [1.5, 15.0], "device": "CPU", "ranks": 2}
    assert ranks(2, CUDA_VISIBLE_DEVICES="-1") == [expected, expected]


@pytest.mark.skipif(not GPUS, reason="needs a GPU that TensorFlow uses")
def test_gpus_add_rightly(ranks):
    """Two of them, or one by itself, which asks no less of NCCL and the driver."""
    two = {"between_gpus": True, "total": [3.0], "mean": [1.5, 15.0], "device": "GPU", "ranks": 2}
    one = {"between_gpus": True, "total": [1.0], "mean": [1.0, 10.0], "device": "GPU", "ranks": 1}
    assert ranks(2) == [two, two] if GPUS > 1 else ranks(1) == [one]
