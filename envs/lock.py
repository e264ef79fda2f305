"""Pin the dependencies of pyproject.toml: `make lock`.

The dependency groups of pyproject.toml are resolved to envs/requirements*.txt with the hash of every file, and the same
versions of the direct dependencies are written to envs/*.yaml for conda.
"""

import re
import subprocess
import tomllib
from pathlib import Path

from install import cached_uv

ENVS = Path(__file__).parent
PROJECT = ENVS.parent / "pyproject.toml"
PYTHON = "3.11"

# Which groups of pyproject.toml make up each lock file, and each conda environment.
STAGES = ["workflow", "acquire", "simulate", "images", "observe", "train", "report"]
LOCKS = {
    "requirements-uv.txt": ["install"],
    "requirements.txt": [*STAGES, "cpu"],
    "requirements-gpu.txt": [*STAGES, "gpu"],
    "requirements-horovod.txt": ["horovod"],
    "requirements-nvcc.txt": ["nvcc"],
    "requirements-docs.txt": ["docs"],
    "requirements-test.txt": ["test"],
}
CONDA = {
    "acquire.yaml": ["acquire"],
    "simulate.yaml": ["simulate"],
    "images.yaml": ["images"],
    "observe.yaml": ["observe", "cpu"],
    "train.yaml": ["train", "cpu", "horovod"],
    "report.yaml": ["report"],
}
BUILT_FROM_SOURCE = "horovod"  # by train.post-deploy.sh, after all the others


def canonical(requirement: str) -> str:
    """Return the normalised name of a requirement or a pin."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def pinned_versions() -> dict[str, str]:
    """Return the version of every package in the lock files, by normalised name."""
    text = "".join((ENVS / lock).read_text() for lock in LOCKS)
    return {canonical(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)}


def conda_environment(groups: list[str]) -> str:
    """Return the conda environment file for some dependency groups."""
    chosen = tomllib.loads(PROJECT.read_text())["dependency-groups"]
    names = sorted({canonical(requirement) for group in groups for requirement in chosen[group]} - {BUILT_FROM_SOURCE})
    versions = pinned_versions()
    pins = "".join(f"      - {name}=={versions[name]}\n" for name in names)
    return (
        "# Written by envs/lock.py from pyproject.toml.\n"
        f"channels:\n  - conda-forge\n  - nodefaults\ndependencies:\n  - python={PYTHON}\n  - pip\n  - pip:\n{pins}"
    )


def lock() -> None:
    """Resolve the dependencies anew, and write all files."""
    constraints = []
    for output, groups in LOCKS.items():
        command = [cached_uv(), "pip", "compile", str(PROJECT), "--quiet", "--upgrade", "--generate-hashes"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-package", BUILT_FROM_SOURCE]
        command += ["--python-version", PYTHON, "--python-platform", "x86_64-unknown-linux-gnu"]
        command += [word for group in groups for word in ("--group", group)] + constraints
        subprocess.run([*command, "--output-file", str(ENVS / output)], check=True, stdout=subprocess.DEVNULL)
        constraints += ["--constraint", str(ENVS / output)]
    for output, groups in CONDA.items():
        (ENVS / output).write_text(conda_environment(groups))


if __name__ == "__main__":
    lock()
