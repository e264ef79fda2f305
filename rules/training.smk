"""Training of one model on one sample, by one process or by several under Horovod.

Parameters: `models: <model>`, and `seed`; the number of workers is part of the path. How they are started and where they run
are resources, so that a run is not made again for having been made elsewhere.
Results: <run>/model.keras, classes.csv, train_log.txt, epochs.jsonl and training.json. While it trains, <run>/checkpoints
holds what a retry goes on from; it is no output, since Snakemake deletes outputs before a retry.
"""

from deepgalaxy.training.options import command_line


def model_options(wildcards):
    """Return a model's options as words of a command line."""
    return command_line(settings("models/{model}")(wildcards))


def cores_per_rank(wildcards):
    """Return the cores of each rank of a training run."""
    return training_job(wildcards).cpus_per_rank


def cores_for_training(wildcards):
    """Return the cores of a node that a training run takes."""
    job = training_job(wildcards)
    return job.ranks_per_node * job.cpus_per_rank


def training_launcher(wildcards):
    """Return the command that starts the ranks of a training run, quoted for the shell."""
    return shlex.join(training_job(wildcards).launch_command(MACHINE["launcher"], MACHINE["stop_minutes"]))


def training_memory(wildcards, attempt):
    """Return the memory of a node that a training run takes, in MiB."""
    ranks = training_job(wildcards).ranks_per_node
    return scaled_by_attempt(
        ranks * (MACHINE["rank_memory_mib"] + MACHINE["memory_budget_mib"]), attempt, MACHINE["node_memory_mib"]
    )


def training_resources(cores):
    """Return what a training run asks for and how it is started; ``cores`` is a function of its wildcards that returns
    the cores of each rank."""
    return dict(
        mem_mb=training_memory,
        runtime=minutes(240),
        nodes=lambda wildcards: training_job(wildcards).nodes,
        tasks=lambda wildcards: training_job(wildcards).slurm_tasks,
        tasks_per_node=lambda wildcards: training_job(wildcards).slurm_tasks_per_node,
        cpus_per_task=cores,
        mpi=lambda wildcards: "mpirun" if training_job(wildcards).ranks > 1 else None,
        gres=lambda wildcards: training_job(wildcards).gres(MACHINE["gpu"]),
        tasks_per_gpu=0,  # or SLURM would multiply tasks by GPUs
        launcher=training_launcher,
        image_memory_mib=MACHINE["memory_budget_mib"],
        checkpoint_minutes=MACHINE["checkpoint_minutes"],
        stall_minutes=MACHINE["stall_minutes"],
        gpu_memory_mib=MACHINE["gpu_memory_mib"],
    )


rule train_model:
    """Train a model; its progress is on the screen, everything else in the log file."""
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<sample>/classes.csv",
    output:
        model="<run>/model.keras",
        classes="<run>/classes.csv",
        epochs="<run>/epochs.jsonl",
        train_log="<run>/train_log.txt",
        training="<run>/training.json",
    log:
        "<logs>/train_model/<run_name>.log",
    benchmark:
        "<benchmarks>/train_model/<run_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: cores_for_training
    resources:
        **training_resources(cores_per_rank),
    params:
        options=model_options,
        directory=subpath(output.model, parent=True),
        seed=stage_seed("train", "repeat"),
        code=code_digest("deepgalaxy/train.py"),
    shell:
        """
        trap : TERM # the shell waits for the checkpoint that training saves on this signal
        : >{log:q}
        {resources.launcher} python -m deepgalaxy.train \
            --train={input.train:q} --validation={input.validation:q} --classes={input.classes:q} \
            --output={params.directory:q} --workers={wildcards.workers} --threads={resources.cpus_per_task} \
            --seed={params.seed} \
            --launched-by={resources.launcher:q} \
            --memory-budget-mib={resources.image_memory_mib} --gpu-memory-mib={resources.gpu_memory_mib} \
            --checkpoint-minutes={resources.checkpoint_minutes} --stall-minutes={resources.stall_minutes} \
            {params.options:q} 2>>{log:q} | tee -ia {log:q}
        """
