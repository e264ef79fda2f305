"""What `make` does besides calling other programs."""

import os
import re
import shutil
import subprocess
from ctypes.util import find_library

import pytest


@pytest.fixture
def make(root, tmp_path):
    """A function that runs make, with an answer to what it asks, in a directory that holds its file and no more."""
    shutil.copy(root / "Makefile", tmp_path)
    # Below another make, such as that of `make test`, it would say which directory it enters.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS")}

    def make(*words, answer="", **variables):
        return subprocess.run(
            ["make", *words],
            cwd=tmp_path,
            env=environment | variables,
            input=answer,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return make


def test_help_names_every_target(make, root):
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(), re.M)[1].split()
    assert sorted(re.findall(r"^make (\w+) ", make("help").stdout, re.M)) == sorted(targets)


@pytest.mark.parametrize(("answer", "kept"), [("y\n", False), ("\n", True), ("", True)])
def test_clean_deletes_what_was_made_if_told_so(make, tmp_path, answer, kept):
    for name in ("results/tables", "logs", "resources"):
        (tmp_path / name).mkdir(parents=True)
    result = make("clean", answer=answer)
    assert result.returncode == 0, result.stderr
    assert "Delete them?" in result.stdout
    assert [(tmp_path / name).exists() for name in ("results", "logs", "resources")] == [kept, kept, True]


def test_clean_has_nothing_to_ask_where_nothing_was_made(make):
    assert make("clean").stdout == "There is nothing to delete.\n"


def test_a_report_that_is_not_there_is_not_opened(make):
    result = make("report")
    assert result.returncode
    assert "There is no results/report.html yet; make run writes it." in result.stderr


@pytest.fixture
def make_with_files(make, root, tmp_path):
    """The same, where all files are that setting up and running read, but no .venv."""
    for name in ("config", "envs", "pyproject.toml", "workflow"):
        (tmp_path / name).symlink_to(root / name)
    return make


def test_a_gpu_takes_its_own_packages_and_no_horovod(make_with_files):
    for_cpus, for_gpu = (make_with_files("--dry-run", "run", *gpu).stdout for gpu in ((), ("GPU=1",)))
    assert "install.py envs/requirements.txt envs/requirements-horovod.txt &&" in for_cpus
    assert "install.py envs/requirements-gpu.txt &&" in for_gpu
    assert "post-deploy" in for_cpus and "post-deploy" not in for_gpu
    assert "one_gpu.yaml" in for_gpu and not {"one_gpu.yaml", "deepgalaxy.gpu"} & set(for_cpus.split())
    before, _, after = for_gpu.partition("install.py")
    assert "-m deepgalaxy.gpu --gpus 1 >" in before and "-m deepgalaxy.gpu --gpus 1 tensorflow\n" in after
    # What the user's shell calls GPU is something else.
    assert make_with_files("--dry-run", "run", GPU="1").stdout == for_cpus
    result = make_with_files("setup", "GPU=all")
    assert result.returncode and "GPU=all is neither GPU=1, for one GPU, nor GPU=nccl, for several" in result.stderr


def test_several_gpus_take_nvcc_and_a_horovod_with_nccl(make_with_files):
    said = make_with_files("--dry-run", "run", "GPU=nccl").stdout
    locks = ("gpu", "horovod", "nvcc")
    assert f"install.py {' '.join(f'envs/requirements-{name}.txt' for name in locks)} &&" in said
    assert "envs/train.post-deploy.sh nccl &&" in said and "one_gpu.yaml" not in said
    before, _, after = said.partition("install.py")
    assert "-m deepgalaxy.gpu --gpus 2 >" in before and "-m deepgalaxy.gpu --gpus 2 tensorflow\n" in after


KINDS = {"cpu": ("GPU=0", "CPUs"), "gpu": ("GPU=1", "one GPU"), "nccl": ("GPU=nccl", "several GPUs")}


@pytest.mark.parametrize("kind", KINDS)
def test_an_environment_remembers_what_it_is_for(make_with_files, tmp_path, kind):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/kind").write_text(f"{kind}\n")
    own, name = KINDS[kind]
    plain = make_with_files("--dry-run", "setup")
    assert plain.returncode == 0 and plain.stdout == make_with_files("--dry-run", "setup", own).stdout
    assert ("requirements-gpu.txt" in plain.stdout, "requirements-nvcc.txt" in plain.stdout) == {
        "cpu": (False, False),
        "gpu": (True, False),
        "nccl": (True, True),
    }[kind]
    for other, its_name in KINDS.values():
        if other != own:
            result = make_with_files("setup", other)
            assert result.returncode and f"This .venv is for {name}, and {other} is for {its_name}: " in result.stderr
    assert [path.name for path in (tmp_path / ".venv").iterdir()] == ["kind"]


def test_an_environment_of_before_is_for_cpus(make_with_files, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/python").touch()
    assert "This .venv is for CPUs" in make_with_files("setup", "GPU=1").stderr


def test_without_a_gpu_nothing_is_installed_for_one(make_with_files, tmp_path):
    if find_library("cuda"):
        pytest.skip("this machine has a driver of NVIDIA's")
    result = make_with_files("run", "GPU=1")
    assert result.returncode and "There is no driver of NVIDIA's here" in result.stderr
    assert not (tmp_path / ".venv").exists()
