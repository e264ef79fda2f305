"""Jobs that SLURM would let wait for ever are told from those that wait their turn, and cancelled with a sentence."""

import threading

import pytest

from deepgalaxy.cluster.refused import hopeless_jobs, never, refusals, watch


@pytest.mark.parametrize(
    "reason",
    [
        *("PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit", "BadConstraints", "InvalidQOS"),
        *("AssocMaxCpuPerJobLimit", "QOSMaxNodePerJobLimit", "QOSMaxWallDurationPerJobLimit", "QOSMaxCpuPerNode"),
    ],
)
def test_some_reasons_never_pass(reason):
    assert never(reason)


@pytest.mark.parametrize(
    "reason",
    [
        *(
            "None",
            "Resources",
            "Priority",
            "Dependency",
            "BeginTime",
            "JobHeldUser",
            "PartitionDown",
            "ReqNodeNotAvail",
        ),
        *("AssocGrpCpuLimit", "QOSMaxJobsPerUserLimit", "QOSMaxCpuPerUserLimit", "AssocMaxJobsLimit"),
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
    ],
)
def test_others_pass(reason):
    assert never(reason) is None


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A function that sets what stands for squeue lists: state, reason and name of each job, by its id."""
    (tmp_path / "scancel").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/cancelled\n')
    (tmp_path / "squeue").write_text(f"#!/bin/sh\ncat {tmp_path}/jobs\n")
    for name in ("scancel", "squeue"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def queue(jobs):
        lines = (
            f"{number}|{state}|{reason}|rule_train_model|all|8|8|1G|5:00|{name}|{tmp_path}\n"
            for number, (state, reason, name) in jobs.items()
        )
        (tmp_path / "jobs").write_text("".join(lines))

    return queue


HERE = "ours_1"


def test_only_jobs_of_this_workflow_that_wait_for_ever_are_found(queue, tmp_path):
    queue(
        {
            1: ("PENDING", "PartitionNodeLimit", HERE),
            2: ("PENDING", "Resources", HERE),
            3: ("PENDING", "PartitionNodeLimit", "other_1"),
            4: ("RUNNING", "None", HERE),
        }
    )
    assert hopeless_jobs("ours", str(tmp_path)) == {
        "1": "SLURM can never start rule_train_model, which asks partition all for nodes: 8, cores: 8, memory a node:"
        " 1G, time: 5:00; the partition gives no job so many nodes (PartitionNodeLimit). It was cancelled; see"
        " docs/clusters.md, When a job fails."
    }
    assert hopeless_jobs("ours", "/elsewhere") == {}


class Looks:
    """What stands for the event that ends a watch: set after some looks, before each of which something is done."""

    def __init__(self, *before):
        self.before = list(before)

    def wait(self, _seconds):
        if not self.before:
            return True
        self.before.pop(0)()
        return False


def test_a_job_is_cancelled_when_its_reason_has_stood_for_two_looks(queue, tmp_path):
    said = []
    watch(
        "ours",
        str(tmp_path),
        said.append,
        Looks(
            lambda: queue({1: ("PENDING", "PartitionConfig", HERE), 2: ("PENDING", "PartitionConfig", HERE)}),
            lambda: queue({1: ("PENDING", "Priority", HERE), 2: ("PENDING", "PartitionConfig", HERE)}),
            lambda: (tmp_path / "jobs").unlink(),  # SLURM does not answer
            lambda: queue({1: ("PENDING", "PartitionConfig", HERE)}),
        ),
    )
    assert (tmp_path / "cancelled").read_text() == "2\n"
    assert len(said) == 1 and "(PartitionConfig)" in said[0]


def test_a_watch_ends_when_it_is_told_to(queue, tmp_path):
    queue({})
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=("ours", str(tmp_path), print, stop, 0.01))
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_each_reason_is_said_once():
    refused = (
        "    message: SLURM sbatch failed. The error message was 'sbatch: error: invalid partition specified: no\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified'.\n    sbatch call:\n"
    )
    waiting = "SLURM can never start rule_x, which asks for much.\n"
    assert refusals(refused + waiting + "other\n" + refused + waiting) == [
        "SLURM refused a job: invalid partition specified: no, Batch job submission failed: Invalid partition name"
        " specified; see docs/clusters.md, When a job fails.",
        waiting.strip(),
    ]
    assert refusals("all is well") == []
