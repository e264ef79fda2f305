"""What several tests share."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"


def pytest_configure():
    """Take signals to stop, also in the background of a script, where they are ignored by all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


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


@pytest.fixture(scope="session")
def checkout_in(run):
    """A function that copies the files that git tracks or would track into a directory, as a repository of its own with
    the tiny configuration, and returns its path."""

    def checkout_in(directory):
        copy = directory / "checkout"
        for name in run("git", "ls-files", "-co", "--exclude-standard").stdout.splitlines():
            if (ROOT / name).is_file():
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, copy / name)
        shutil.copy(copy / ".test/config/config.yaml", copy / "config/config.yaml")
        identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
        for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "copy")):
            assert run("git", *command, cwd=copy).returncode == 0
        return copy

    return checkout_in


@pytest.fixture(scope="session")
def finished(checkout_in, run, tmp_path_factory):
    """A copy of this checkout in which the whole chain has run, on tiny mergers; no test may change it.

    What Snakemake ran is still in .snakemake/scripts.
    """
    directory = checkout_in(tmp_path_factory.mktemp("finished"))
    result = run("snakemake", "--profile", "profiles/local", "--skip-script-cleanup", cwd=directory, timeout=1200)
    assert result.returncode == 0, result.stdout + result.stderr
    (directory / "first_run.txt").write_text(result.stdout + result.stderr)
    return directory
