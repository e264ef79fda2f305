"""What several tests share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def run():
    """A function that runs a command to its end, with the package importable, and returns its result.

    Output is captured as text; a command that takes longer than ``timeout`` seconds fails the test.
    """

    def run(*command, cwd=ROOT, timeout=600, env=None):
        return subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=os.environ
            | {"PYTHONPATH": str(SCRIPTS), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
            | (env or {}),
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
