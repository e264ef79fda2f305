"""What goes wrong on a cluster, done to a training run of two ranks on two nodes: it resumes from its checkpoint.

Each test trains another repeat on the sample that the chain has prepared.
"""

import os
import re
import signal

import psutil
import pytest

from support.runs import tiny_run


class TrainingRun:
    """A training run of two ranks, each on a node of its own; an epoch takes about a third of a second."""

    def __init__(self, workflow, repeat):
        self.workflow, self.repeat, self.epochs = workflow, repeat, 20
        self.directory = workflow.directory / f"results/models/{tiny_run(2, repeat)}"

    def start(self, *options, machine=None, **site):
        """Start Snakemake for this run's model only."""
        (self.workflow.directory / "long.yaml").write_text(f"models: {{reference_cnn: {{epochs: {self.epochs}}}}}\n")
        settings = {"ranks_per_node": 1, "checkpoint_minutes": 0} | (machine or {})
        target = (self.directory / "model.keras").relative_to(self.workflow.directory)
        return self.workflow.start(target, *options, "--configfile=long.yaml", machine=settings, **site)

    def wait_for_a_checkpoint(self, process):
        """Wait until training has something to go on from."""
        found = self.directory / "checkpoints"
        self.workflow.wait_for(process, "a checkpoint", lambda: any(found.glob("[0-9]*.npz")))

    def nodes(self):
        """The nodes that the running job has, its first one first."""
        names = self.workflow.slurm.run("squeue", "-h", "-t", "RUNNING", "-o", "%N").split()
        assert len(names) == 1
        return self.workflow.slurm.run("scontrol", "show", "hostnames", names[0]).split()

    def processes(self):
        """The processes of its ranks."""
        output = f"--output={self.directory.relative_to(self.workflow.directory)}"
        processes = [(process, process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
        return [process for process, words in processes if words[1:3] == ["-m", "deepgalaxy.train"] and output in words]

    def check_it_went_on_to_the_end(self, process, attempts=2, from_checkpoint=True):
        """Wait for the end, and assert that there is one result and nothing else; return Snakemake's output."""
        output = self.workflow.finish(process)
        assert process.returncode == 0, output
        assert output.count("has been submitted with SLURM jobid") == attempts
        log = self.workflow.log(2, self.repeat)
        assert ("resuming from a checkpoint: epoch " in log) == from_checkpoint, log
        assert len((self.directory / "epochs.jsonl").read_text().splitlines()) == self.epochs
        assert not list(self.directory.glob("checkpoints*")) and not list(self.directory.glob(".partial*"))
        assert self.workflow.slurm.jobs() == {}
        assert not list((self.workflow.directory / ".snakemake").glob("locks/*"))
        return output


@pytest.fixture
def training(chain, request):
    """A training run that no other test uses; its processes are ended after a test that failed."""
    names = sorted(item.name for item in request.session.items if item.path == request.path)
    run = TrainingRun(chain, repeat=1 + names.index(request.node.name))
    yield run
    for process in run.processes():
        process.kill()


def test_a_cancelled_job_is_submitted_again(training):
    process = training.start()
    training.wait_for_a_checkpoint(process)
    training.workflow.slurm.run("scancel", "--state=RUNNING", "--me")
    training.check_it_went_on_to_the_end(process)


def test_training_saves_a_checkpoint_before_the_time_limit_and_goes_on(training):
    # No checkpoints but the one on request; first a limit of one minute, of which half is for training, and then more.
    training.epochs = 100
    limit = {"set-resources": {"train_model": {"runtime": "4 * attempt - 3"}}}
    process = training.start(machine={"checkpoint_minutes": 60, "stop_minutes": 0.98}, **limit)
    stopped = "stopped by SIGUSR1 in epoch"
    training.workflow.wait_for(process, "the stop", lambda: stopped in training.workflow.log(2, training.repeat))
    training.check_it_went_on_to_the_end(process)


def test_a_rank_that_dies_takes_the_others_with_it_and_the_run_goes_on(training):
    process = training.start()
    training.wait_for_a_checkpoint(process)
    ranks = training.processes()
    assert len(ranks) == 2
    ranks[1].kill()
    training.check_it_went_on_to_the_end(process)


def test_a_job_that_needs_more_memory_gets_it(training):
    process = training.start(machine={"rank_memory_mib": 700})  # with which TensorFlow cannot be imported
    output = training.check_it_went_on_to_the_end(process, from_checkpoint=False)
    assert re.findall(r" mem_mb=(\d+)", output) == ["764", "1528"]


def test_a_node_that_goes_down_is_replaced(training):
    process = training.start()
    training.wait_for_a_checkpoint(process)
    slurm, ranks = training.workflow.slurm, training.processes()
    lost = training.nodes()[1]
    slurm.run("scontrol", "update", f"nodename={lost}", "state=down", "reason=test")
    try:
        training.check_it_went_on_to_the_end(process)
        if slurm.namespaces:
            hosts = {place["host"] for place in training.workflow.training(2, training.repeat)["ranks"]}
            assert len(hosts) == 2 and lost not in hosts, (lost, hosts)
    finally:
        slurm.run("scontrol", "update", f"nodename={lost}", "state=resume")
        psutil.wait_procs(ranks, timeout=10)


def test_the_job_of_a_snakemake_that_was_killed_is_cancelled_before_another_writes_the_same_files(training):
    process = training.start()
    training.wait_for_a_checkpoint(process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for rank in training.processes():
        rank.suspend()  # or the job might end before it is cancelled, which lets its processes go on first
    assert list(training.workflow.slurm.jobs().values()) == ["RUNNING"]

    again = training.start()
    output = training.workflow.finish(again)
    assert again.returncode == 1 and "--unlock" in output
    unlocking = training.start("--unlock")
    assert training.workflow.finish(unlocking) and unlocking.returncode == 0
    output = training.check_it_went_on_to_the_end(training.start(), attempts=1)
    assert "Cancelled jobs that an earlier run had left here" in output


def test_a_restarted_controller_changes_nothing(training):
    process = training.start()
    training.wait_for_a_checkpoint(process)
    training.workflow.slurm.stop_controller()
    training.workflow.slurm.start_controller()
    training.check_it_went_on_to_the_end(process, attempts=1, from_checkpoint=False)
