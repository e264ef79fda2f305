"""The cluster is a real one: jobs run on several nodes, each with its own GPUs."""


def test_tasks_run_on_their_nodes_and_see_their_own_gpu(slurm):
    script = 'echo "$SLURMD_NODENAME $(hostname) $SLURM_LOCALID $CUDA_VISIBLE_DEVICES"'
    lines = slurm.run("srun", "-N2", "-n4", "--gpus-per-task=1", "--mem=100", "sh", "-c", script).splitlines()
    tasks = sorted(line.split() for line in lines)
    assert [(node, local, gpu) for node, _, local, gpu in tasks] == [
        (node, str(local), str(local)) for node in ("node1", "node2") for local in (0, 1)
    ]
    if slurm.namespaces:
        assert all(node == host for node, host, *_ in tasks)


def test_the_controller_comes_back_and_knows_its_jobs(slurm):
    slurm.run("sbatch", "--job-name=sleeper", "--mem=100", "--output=/dev/null", "--wrap=sleep 300")
    slurm.wait_for("the job", lambda: slurm.jobs() == {"sleeper": "RUNNING"})
    slurm.stop_controller()
    slurm.start_controller()
    assert slurm.jobs() == {"sleeper": "RUNNING"}
    slurm.run("scancel", "--name=sleeper")
    slurm.wait_for("the job to end", lambda: not slurm.jobs())
