"""The cluster that the tests of this folder share, and the workflow on it."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support.cluster import Cluster, cluster, missing
from support.pages import SET_UP, journeys
from support.runs import tiny_run, tiny_study_run

PROMPT_SNAKEMAKE = Path(__file__).with_name("prompt_snakemake.py")
OVERLAID = "--workflow-profile=tests/slurm/overlay"
"""The option that lays a site's settings over the profile, where a user would edit it."""


@pytest.fixture(scope="session")
def slurm():
    """A running cluster of four nodes, with two cores and two fake GPUs each."""
    if missing():
        pytest.skip(f"SLURM is not installed: {', '.join(missing())} not found (Debian: slurm-wlm, munge)")
    root = Path(tempfile.mkdtemp(prefix="slurm-"))  # short, for the paths of sockets
    try:
        with cluster(root) as made:
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


class Workflow:
    """The workflow in a directory, run by the cluster's Snakemake profile with a site's settings laid over it."""

    def __init__(self, directory: Path, slurm: Cluster) -> None:
        self.directory, self.slurm = directory, slurm
        _, _, self.journey = journeys()
        self._overlay = directory / "tests/slurm/overlay/profile.v9+.yaml"
        self.site = yaml.safe_load(self._overlay.read_text())
        if not slurm.namespaces:  # all nodes have one name, under which their ranks seem to share GPUs
            self.site["config"]["machine"]["gpu"] = ""
        self._output = directory / "output.txt"

    def start(self, *options: object, machine: dict | None = None, **site: object) -> subprocess.Popen:
        """Start Snakemake, with more settings of the profile and of the ``machine`` in it, in a session of its own."""
        config = {"machine": self.site["config"]["machine"] | (machine or {})}
        self._overlay.write_text(yaml.safe_dump(self.site | site | {"config": config}))
        _, *options_in_readme = self.journey[-1].split()
        return self._begin(sys.executable, PROMPT_SNAKEMAKE, *options_in_readme, OVERLAID, *options)

    def _begin(self, *command: object) -> subprocess.Popen:
        """Start a command in a session of its own, in the environment that a user of the cluster has."""
        environment = os.environ | {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{self.slurm.environment['PATH']}"}
        with open(self._output, "wb") as output:
            return subprocess.Popen(
                [str(word) for word in command],
                cwd=self.directory,
                env=environment | self.slurm.environment | path,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self, process: subprocess.Popen, seconds: float = 300) -> str:
        """Wait for Snakemake's end, and return its output; fail, and kill it, if it takes too long."""
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # on which it cancels its jobs
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            pytest.fail(f"Snakemake has not ended after {seconds} s:\n{self.output()}\n{self.slurm.run('squeue')}")
        return self.output()

    def run(self, *options: object, **settings: object) -> tuple[int, str]:
        """Run Snakemake to its end, and return its exit status and output."""
        process = self.start(*options, **settings)
        output = self.finish(process, 1200)
        return process.returncode, output

    def follow_readme(self) -> tuple[int, str]:
        """Run the commands for a cluster as README.md has them, in one shell, and return exit status and output."""
        self._overlay.write_text(yaml.safe_dump(self.site))
        lines = [
            "set -e",
            SET_UP.format(environment=shlex.quote(sys.prefix)),
            f'snakemake() {{ python {shlex.quote(str(PROMPT_SNAKEMAKE))} "$@" {OVERLAID}; }}',
            *self.journey,
        ]
        process = self._begin("bash", "-c", "\n".join(lines))
        output = self.finish(process, 1200)
        return process.returncode, output

    def output(self) -> str:
        """Return what Snakemake has printed so far."""
        return self._output.read_text()

    def training(self, workers: int, repeat: int = 0) -> dict:
        """Return what a training run says of itself."""
        path = self.directory / f"results/models/{tiny_run(workers, repeat)}/training.json"
        return json.loads(path.read_text())

    def study(self, workers: int) -> tuple[dict, str]:
        """Return what a run of the scaling study says of itself, and what it logged."""
        run = tiny_study_run(workers)
        training = (self.directory / f"results/scaling/{run}/training.json").read_text()
        return json.loads(training), (self.directory / f"logs/measure_throughput/{run}.log").read_text()

    def log(self, workers: int, repeat: int = 0) -> str:
        """Return what a training run has logged so far."""
        path = self.directory / f"logs/train_model/{tiny_run(workers, repeat)}.log"
        return path.read_text() if path.exists() else ""

    def wait_for(self, process: subprocess.Popen, what: str, condition: Callable[[], bool]) -> None:
        """Wait until a condition holds; fail if Snakemake ends before, or if it takes three minutes."""
        deadline = time.monotonic() + 180
        while not condition():
            if process.poll() is not None or time.monotonic() > deadline:
                self.finish(process, 0)
                pytest.fail(f"Waited in vain for {what}:\n{self.output()}")
            time.sleep(0.1)


@pytest.fixture(scope="session")
def workflow(slurm, checkout_in, tmp_path_factory):
    """The workflow in a copy of this checkout, with a scaling study of 1, 2, and 4 workers."""
    directory = checkout_in(tmp_path_factory.mktemp("slurm"))
    tiny = directory / ".test/config/config.yaml"
    config = yaml.safe_load(tiny.read_text())
    config["scaling"] |= {"workers": [1, 2, 4], "kinds": ["weak"]}
    for path in (tiny, directory / "config/config.yaml"):
        path.write_text(yaml.safe_dump(config))
    return Workflow(directory, slurm)


@pytest.fixture(scope="session")
def chain(workflow):
    """The workflow after the commands of README.md have run: the whole chain by the first Snakemake, and by the second,
    whose settings are the same but stand in another file, no more than what shows these."""
    status, output = workflow.follow_readme()
    assert status == 0, output
    again = re.findall(r"^(?:local)?rule (\w+):", output.rpartition("Building DAG of jobs")[2], re.MULTILINE)
    assert set(again) <= {"write_report", "write_provenance", "write_crate", "all"}, output
    return workflow
