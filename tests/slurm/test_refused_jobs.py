"""Jobs that SLURM does not take, or would let wait for ever, end with its own reason; names are taken as they are."""

import pytest

TARGET = "results/datasets/tiny/simulations/s_1_m_1/snapshots.hdf5"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"nodes": 8, "tasks": 8, "mpi": "mpirun"}, "the partition gives no job so many nodes (PartitionNodeLimit)"),
        ({"runtime": 600}, "the partition gives no job so much time (PartitionTimeLimit)"),
        ({"mem_mb": 100_000}, "SLURM refused a job: Memory specification can not be satisfied"),
        ({"slurm_partition": "nowhere"}, "SLURM refused a job: invalid partition specified: nowhere"),
        ({"cpus_per_task": 3}, "SLURM refused a job: CPU count per node can not be satisfied"),
    ],
    ids=str,
)
def test_a_job_that_never_runs_ends_with_slurms_reason(workflow, asked, sentence):
    # In a group of its own, since those of a group do not ask for more nodes.
    settings = {"set-resources": {"simulate_galaxies": asked}, "groups": {"render_galaxies": "simulation"}}
    process = workflow.start(TARGET, "--forcerun=simulate_galaxies", "--retries=0", **settings)
    output = workflow.finish(process, 150)
    assert process.returncode == 1, output
    assert "Traceback" not in output
    assert sentence in output, output
    last = [line for line in output.splitlines() if sentence in line][-1]
    assert last.startswith("SLURM ") and last.endswith("see docs/clusters.md, When a job fails."), output
    assert workflow.slurm.jobs() == {}


def test_a_partition_may_be_called_as_a_function_of_python(workflow):
    settings = {"default-resources": workflow.site["default-resources"] | {"slurm_partition": "all"}}
    process = workflow.start(TARGET, "--forcerun=simulate_galaxies", **settings)
    output = workflow.finish(process, 200)
    assert process.returncode == 0, output
