"""The finished workflow, of which single jobs are run again and disturbed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deepgalaxy.checksums import sha256
from deepgalaxy.cluster.job import TrainingJob
from support.processes import family
from support.runs import tiny_run

SAMPLE = "results/samples/tiny/four_stages"
MERGER = "results/datasets/tiny/simulations/s_1_m_1"
STAGES = {
    "simulate_galaxies": [f"{MERGER}/snapshots.hdf5"],
    "render_galaxies": [f"{MERGER}/images.hdf5"],
    "assemble_dataset": ["results/datasets/tiny/images.hdf5"],
    "catalogue_dataset": ["results/datasets/tiny/catalogue.csv"],
    "select_images": [f"{SAMPLE}/subset.hdf5"],
    "split_images": [f"{SAMPLE}/{name}.csv" for name in ("split", "classes")],
    "prepare_images": [f"{SAMPLE}/{name}.hdf5" for name in ("train", "validation", "test")],
    "measure_morphology": [f"{SAMPLE}/morphology.csv"],
    "score_baselines": [f"{SAMPLE}/baselines.hdf5", "results/tables/baselines/tiny/four_stages.csv"],
    "evaluate_predictions": [f"results/models/{tiny_run()}/metrics.json"],
}
"""What one job of each of some rules makes."""


class World:
    """A directory in which the whole chain has run, and where jobs are run again."""

    def __init__(self, directory, root):
        self.directory, self.started = directory, []
        self.moment = 0.0  # of the fault at hand: from 0 to 1, the beginning and the end of what it is done to
        self.seconds, self.models = {}, {}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = os.environ | {"PYTHONPATH": str(root / "workflow/scripts"), "PATH": path}

    def start(self, *command, env=None, **named):
        """Start a command, in a session of its own, with what it says in one pipe."""
        process = psutil.Popen(
            [str(word) for word in command],
            cwd=self.directory,
            env=self.environment | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **named,
        )
        self.started.append(process)
        return process

    def run(self, *command, **named):
        """Run a command to its end, and return its exit status and what it said."""
        process = self.start(*command, **named)
        said = process.communicate(timeout=300)[0]
        return process.returncode, said

    def end_all(self):
        """End whatever a test has left."""
        for process in self.started:
            for left in family(process):
                left.kill()
            process.wait()
        self.started.clear()

    def script(self, rule):
        """The command that runs the job that makes the outputs of STAGES: what Snakemake ran."""
        for path in (self.directory / ".snakemake/scripts").glob(f"*.{rule}.py"):
            if STAGES[rule][0] in path.read_text():
                return sys.executable, path
        raise AssertionError(f"Snakemake has not run {rule} for {STAGES[rule][0]}")

    def remove_outputs(self, rule):
        """Remove a job's outputs, as Snakemake does before it runs the job; return their digests."""
        paths = [self.directory / name for name in STAGES[rule]]
        digests = [sha256(path) for path in paths]
        for path in paths:
            path.unlink()
        return digests

    def check_outputs(self, rule, digests):
        """Assert that a job has made the same as before, and that nothing else lies beside it."""
        paths = [self.directory / name for name in STAGES[rule]]
        assert [sha256(path) for path in paths] == digests
        assert not [left for path in paths for left in path.parent.glob(".partial*")]

    def seconds_of(self, rule):
        """How long a job takes when nothing disturbs it; that it makes the same is asserted by the way."""
        if rule not in self.seconds:
            digests, start = self.remove_outputs(rule), time.monotonic()
            status, said = self.run(*self.script(rule))
            assert status == 0, said
            self.seconds[rule] = time.monotonic() - start
            self.check_outputs(rule, digests)
        return self.seconds[rule]

    def training(self, output, workers=1):
        """The command of a training of some seconds, which saves a checkpoint after each step."""
        job = TrainingJob(workers, 1, 1).launch_command()
        data = (f"--{name}={SAMPLE}/{name}.hdf5" for name in ("train", "validation"))
        return (
            *(*job, "python", "-m", "deepgalaxy.train", *data, f"--classes={SAMPLE}/classes.csv", f"--output={output}"),
            *(f"--workers={workers}", "--threads=1", "--architecture=reference_cnn", "--epochs=12", "--batch-size=32"),
            *("--steps-per-epoch=4", "--checkpoint-minutes=0", "--stall-minutes=2"),
        )

    def undisturbed(self, workers=1):
        """The model of a training that nothing disturbs."""
        if workers not in self.models:
            self.models[workers] = self.directory / f"undisturbed-{workers}/model.keras"
            status, said = self.run(*self.training(self.models[workers].parent, workers))
            assert status == 0, said
        return self.models[workers]


@pytest.fixture(scope="module")
def shared(finished, root, tmp_path_factory):
    """One copy of the finished workflow for all faults: each is to leave it as it was."""
    return World(shutil.copytree(finished, tmp_path_factory.mktemp("faults") / "checkout", symlinks=True), root)


@pytest.fixture
def world(shared):
    """That copy, in which nothing runs after a test."""
    yield shared
    shared.end_all()
