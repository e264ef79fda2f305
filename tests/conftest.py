"""What several tests share."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
FOLDERS = ("slurm", "faults", "workflow", "integration", "unit")
"""Those of the tests, beginning with what takes longest."""


def pytest_configure():
    """Take signals to stop, also in the background of a script, where they are ignored by all that it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    """Let several processes (pytest-xdist) begin with what takes longest."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: FOLDERS.index(item.path.relative_to(ROOT / "tests").parts[0]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Of several processes, one runs a file, or all that needs the cluster."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "cluster" if file.startswith("tests/slurm/") else file

    config.option.loadscopereorder = False  # the order above is the right one
    return Scheduling(config, log)


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
    the tiny configuration, and returns its path. What `make setup` has compiled beside them is copied along."""

    def checkout_in(directory):
        copy = directory / "checkout"
        compiled = (path.relative_to(ROOT) for path in SCRIPTS.rglob("__pycache__/*.nb[ci]"))
        for name in (*run("git", "ls-files", "-co", "--exclude-standard").stdout.splitlines(), *compiled):
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

    What Snakemake ran is still in .snakemake/scripts. Of several processes (pytest-xdist), the first makes it for all.
    """
    place = tmp_path_factory.getbasetemp()
    place = (place.parent if "PYTEST_XDIST_WORKER" in os.environ else place) / "finished"
    directory, said = place / "checkout", place / "checkout/first_run.txt"
    with open(place.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            shutil.rmtree(place, ignore_errors=True)
            checkout_in(place)
            result = run(
                "snakemake", "--profile", "profiles/local", "--skip-script-cleanup", cwd=directory, timeout=1200
            )
            assert result.returncode == 0, result.stdout + result.stderr
            said.write_text(result.stdout + result.stderr)
    return directory
