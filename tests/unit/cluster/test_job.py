"""Sizes and commands of training jobs, where and in what surroundings ranks run, and what SLURM says."""

import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgalaxy.cluster import slurm
from deepgalaxy.cluster.job import TrainingJob, size_training_job
from deepgalaxy.cluster.resources import largest_piece_mib, scaled_by_attempt
from deepgalaxy.machine import describe_machine, recorded_environment
from deepgalaxy.training.ranks import place


@given(st.integers(1, 512), st.integers(0, 16), st.integers(0, 64), st.one_of(st.none(), st.integers(1, 256)))
def test_every_rank_has_its_place_and_no_node_too_many(ranks, ranks_per_node, cpus_per_rank, cores):
    try:
        job = size_training_job(ranks, ranks_per_node, cpus_per_rank, cores)
    except ValueError as error:
        assert "cannot be divided equally" in str(error)
        assert ranks % -(-ranks // ranks_per_node)
        return
    assert job.nodes * job.ranks_per_node == ranks and job.cpus_per_rank >= 1
    if ranks_per_node:
        assert job.ranks_per_node <= ranks_per_node and (job.nodes - 1) * ranks_per_node < ranks
    else:
        assert job.nodes == 1
    if cpus_per_rank:
        assert job.cpus_per_rank == cpus_per_rank
    elif cores:
        assert job.cpus_per_rank == 1 or job.cpus_per_rank * ranks <= cores


@pytest.mark.parametrize(
    ("size", "job"),
    [
        ((1, 4, 8, None), TrainingJob(1, 1, 8)),
        ((4, 4, 8, None), TrainingJob(4, 1, 8)),
        ((8, 4, 8, None), TrainingJob(8, 2, 8)),
        ((6, 4, 8, None), TrainingJob(6, 2, 8)),
        ((512, 4, 8, None), TrainingJob(512, 128, 8)),
        ((2, 0, 0, 8), TrainingJob(2, 1, 4)),
        ((4, 0, 0, 2), TrainingJob(4, 1, 1)),
    ],
)
def test_known_sizes(size, job):
    assert size_training_job(*size) == job


def test_a_node_is_asked_for_the_gpus_of_its_ranks():
    assert TrainingJob(8, 2, 8).gres("gpu:a100") == "gpu:a100:4"
    assert TrainingJob(8, 2, 8).gres("") is None


def test_one_rank_is_started_without_mpi_and_several_as_the_template_says():
    wrapper = ["python", "-m", "deepgalaxy.cluster.launcher", "--stop-minutes=5"]
    assert TrainingJob(1, 1, 4).launch_command("mpirun -np {ranks}", 5) == wrapper
    template = "srun --ntasks={ranks} --ntasks-per-node={ranks_per_node} -c {cpus_per_rank} -N {nodes} 'a b'"
    started = ["srun", "--ntasks=8", "--ntasks-per-node=4", "-c", "6", "-N", "2", "a b"]
    assert TrainingJob(8, 2, 6).launch_command(template, 5) == wrapper + started


@pytest.mark.parametrize("template", ["mpirun -np {workers}", "mpirun {", "mpirun 'x", "mpirun {}"])
def test_a_launcher_that_cannot_be_filled_in_is_named(template):
    with pytest.raises(ValueError, match=r"cannot be filled in .*; it may name ranks, nodes, cpus_per_rank, ranks_per"):
        TrainingJob(2, 1, 1).launch_command(template)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:05\n", 5),
        ("4:30", 270),
        ("1:00:00", 3600),
        ("2-03:04:05", 183845),
        ("UNLIMITED", None),
        ("NOT_SET", None),
    ],
)
def test_time_left_is_read_as_squeue_writes_it(text, seconds):
    assert slurm.parse_time_left(text) == seconds


def test_a_time_left_of_another_form_is_an_error():
    with pytest.raises(ValueError, match="'INVALID'"):
        slurm.parse_time_left("INVALID")


def test_without_slurm_it_says_that_there_is_no_answer(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match="SLURM does not answer"):
        slurm.seconds_left("1")


def test_each_local_rank_takes_its_own_gpu():
    assert [place.choose_gpu(rank, 4) for rank in range(4)] == [0, 1, 2, 3]
    assert place.choose_gpu(3, 1) == 0
    with pytest.raises(ValueError, match="Local rank 2 sees only 2 GPUs"):
        place.choose_gpu(2, 2)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (None, ["GPU-a", "GPU-b"]),
        ("1,0", ["GPU-b", "GPU-a"]),
        ("1", ["GPU-b"]),
        ("GPU-b", ["GPU-b"]),
        ("0,-1,1", ["GPU-a"]),
        ("", []),
        ("5", ["5"]),
    ],
)
def test_gpus_are_those_that_the_environment_leaves(monkeypatch, chosen, names):
    monkeypatch.setattr(place, "_installed_gpus", lambda: ["GPU-a", "GPU-b"])
    assert place.visible_gpus({} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}) == names


def test_the_driver_is_asked_for_uuids(monkeypatch, tmp_path):
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho GPU-1f\necho GPU-2e\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert place.visible_gpus({}) == ["GPU-1f", "GPU-2e"]
    monkeypatch.setenv("PATH", "")
    assert place.visible_gpus({}) == []


def test_two_ranks_on_one_gpu_are_refused():
    places = [
        {"rank": rank, "host": host, "gpu": gpu} for rank, host, gpu in [(0, "a", "0"), (1, "a", "1"), (2, "b", "0")]
    ]
    place.check_places(places)
    place.check_places([{"rank": rank, "host": "a", "gpu": None} for rank in range(2)])
    with pytest.raises(ValueError, match="Ranks 1, 3 would share GPU 1 of a;"):
        place.check_places([*places, {"rank": 3, "host": "a", "gpu": "1"}])


def test_a_place_is_described_in_a_line():
    text = place.describe({"rank": 3, "host": "node2", "local_rank": 1, "gpu": "1", "cores": [2, 3]})
    assert text == "rank 3 on node2: local rank 1, GPU 1, cores 2,3"


def test_variables_that_bear_on_speed_are_recorded_and_no_others():
    recorded = {
        "CUDA_VISIBLE_DEVICES": "0",
        "HOROVOD_CYCLE_TIME": "5",
        "NCCL_DEBUG": "INFO",
        "OMPI_MCA_btl": "tcp",
        "OMP_NUM_THREADS": "2",
        "PRTE_MCA_x": "y",
        "SLURM_JOB_ID": "7",
        "TF_XLA_FLAGS": "--x",
    }
    others = ("AWS_SECRET_ACCESS_KEY", "HOME", "HOROVOD_SECRET_KEY", "SLURM_JWT", "TF_CLI_ARGS", "TF_TOKEN_x")
    others += ("OMPI_MCA_initial_wdir",)
    found = recorded_environment(dict.fromkeys(others, "secret") | recorded | {"TF_VAR_password": "secret"})
    assert found == recorded and list(found) == sorted(found)


def test_the_machine_is_described(tmp_path):
    (tmp_path / "cpuinfo").write_text(
        "processor\t: 0\nmodel name\t: Fast 9000\nprocessor\t: 1\nmodel name\t: Fast 9000\n"
    )
    machine = describe_machine(tmp_path / "cpuinfo")
    assert machine["processor"] == "Fast 9000"
    assert machine["cores"] >= 1 and machine["memory_mib"] == pytest.approx(
        psutil.virtual_memory().total / 2**20, abs=1
    )
    assert describe_machine(tmp_path / "none")["processor"]


@pytest.mark.parametrize(("amount", "attempt", "asked"), [(300, 1, 300), (300, 2, 600), (300, 3, 800), (900, 3, 900)])
def test_a_retry_asks_for_more_but_not_for_more_than_there_is(amount, attempt, asked):
    assert scaled_by_attempt(amount, attempt, most=800) == asked


@pytest.mark.parametrize(
    ("catalogue", "mib"),
    [
        ("group,least_bytes\ns_1_m_1,2097153\ns_1_m_2,\ns_2_m_1,5\n", 3),
        ("group,least_bytes\ns_1_m_1,\n", 0),
        ("group\ns_1_m_1\n", 0),  # of an earlier version, when a dry run asks
    ],
)
def test_the_largest_piece_is_that_of_what_is_not_damaged(tmp_path, catalogue, mib):
    (tmp_path / "catalogue.csv").write_text(catalogue)
    assert largest_piece_mib(tmp_path / "catalogue.csv") == mib


@pytest.mark.parametrize(
    ("ranks", "nodes", "tasks", "tasks_per_node"),
    [(1, 1, None, None), (4, 1, None, 4), (2, 2, 2, None), (8, 2, None, 4)],
)
def test_slurm_is_told_how_many_ranks_a_node_has(ranks, nodes, tasks, tasks_per_node):
    job = TrainingJob(ranks, nodes, cpus_per_rank=1)
    assert (job.slurm_tasks, job.slurm_tasks_per_node) == (tasks, tasks_per_node)


def test_a_launcher_that_is_not_there_is_said_in_one_sentence(run):
    result = run(sys.executable, "-m", "deepgalaxy.cluster.launcher", "no-mpirun", "-np", "2", "true")
    assert result.returncode == 127 and "Traceback" not in result.stderr
    assert result.stdout.startswith("train_model: There is no no-mpirun here to start several workers: set ")
