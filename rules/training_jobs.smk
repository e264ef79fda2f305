"""How a training run is started, and what its job asks for; the scaling study's runs as well.

Parameters: `machine`, which changes no result, and `models: <model>`.
"""

from deepgalaxy.cluster.job import size_training_job
from deepgalaxy.planning.earlier_runs import earlier_runs, weights_file
from deepgalaxy.planning.sweeps import SWEEP
from deepgalaxy.training.options import command_line


def runs_before(wildcards):
    """Return the runs that a model's weights went through, and the file from elsewhere that these began with, if any."""
    found = [earlier_runs(MODELS, name, workflow.pathvars.apply("<results>/models")) for name in as_trained(wildcards)]
    return [run for runs, _ in found for run in runs], next((file for _, file in found if file), None)


TRAINED_MODELS = list(dict.fromkeys([*EXPERIMENT["models"], *(run["model"] for run in sweep_runs(config))]))
# Of the runs that the experiment's models go on from.
MODELS_BEFORE = [
    run["model"]
    for model in TRAINED_MODELS
    for run in earlier_runs(MODELS, model, workflow.pathvars.apply("<results>/models"))[0]
]


def weights_to_begin_with(wildcards):
    """Return the file of weights that training begins with, if there is one; a run of this workflow is made first."""
    return weights_file(MODELS, wildcards.model, workflow.pathvars.apply("<results>/models")) or []


def splits_before(wildcards):
    """Return the split tables of the samples that a model's weights were trained on before."""
    return ["<results>/samples/{dataset}/{sample}/split.csv".format(**run) for run in runs_before(wildcards)[0]]


def background_of_model(wildcards):
    """Return the file of the cut-outs whose light is added to a model's training images, if there are any."""
    background = MODELS[wildcards.model]["background"]
    if not background:
        return []
    # Combinations of a sweep share that of the model, if it is the same.
    model = wildcards.model.partition(SWEEP)[0]
    owner = model if MODELS[model]["background"] == background else wildcards.model
    return "<results>/backgrounds/{dataset}/{sample}/{owner}.hdf5".format(**wildcards, owner=owner)


def autoencoder_of_model(wildcards):
    """Return the file of the autoencoder whose maps a model classifies, if it does: one that was trained by as many
    workers, or for the runs of the scaling study and of the benchmark always the same."""
    encoder = MODELS[wildcards.model]["encoder"]
    run = {**wildcards, "encoder": encoder}
    if "batch" in run or "scaling" in run:
        run |= {"workers": EXPERIMENT["workers"][0], "repeat": 0}
    return f"<results>/encoders/{ENCODER_RUN}/autoencoder/model.keras".format(**run) if encoder else []


def options_of_files(wildcards, input):
    """Return the further files among a training run's input as words of a command line.

    These are a parameter of their own: of one that follows from the input, Snakemake does not see a change.
    """
    words = [f"--background-file={input.background}"] if input.background else []
    return [*words, *([f"--autoencoder={input.autoencoder}"] if input.get("autoencoder") else [])]


def model_options(wildcards):
    """Return a model's options as words of a command line."""
    return command_line(MODELS[wildcards.model])


def stage_options_of(stage, objective):
    """Return a function for the options of a stage of an encoder-decoder as words of a command line."""

    def options(wildcards):
        encoder = settings("encoders/{encoder}")(wildcards)
        network = {"objective": objective, "architecture": encoder["backbone"], "weights": encoder["weights"]}
        shape = {name: encoder[name] for name in ("decoder_filters", "latent", "hidden", "map_channels")}
        return command_line(network | shape | encoder[stage])

    return options


def models_beside_encoder(name):
    """Return a function for the file called ``name`` of each run of the experiment on an encoder's sample, by as many
    workers and with the same repeat."""
    pattern = f"<results>/models/{EXPERIMENT_RUN}/{name}"
    return lambda wildcards: [pattern.format(**wildcards, model=model) for model in EXPERIMENT["models"]]


def job_of(workers):
    """Return the size of the job of a training run by so many workers."""
    cpus_per_rank = MACHINE["cpus_per_rank"]
    cores = None if cpus_per_rank else workflow.cores  # which Snakemake refuses to tell on a cluster
    return size_training_job(int(workers), MACHINE["ranks_per_node"], cpus_per_rank, cores)


def training_job(wildcards):
    """Return the size of a training run's job."""
    return job_of(wildcards.workers)


def cores_per_rank(wildcards):
    """Return the cores of each rank of a training run."""
    return training_job(wildcards).cpus_per_rank


def cores_for_training(wildcards):
    """Return the cores of a node that a training run takes."""
    job = training_job(wildcards)
    return job.ranks_per_node * job.cpus_per_rank


def training_launcher(wildcards):
    """Return the command that starts the ranks of a training run, quoted for the shell."""
    job = training_job(wildcards)
    refuse_other_nodes(job)
    return shlex.join(job.launch_command(MACHINE["launcher"], MACHINE["stop_minutes"]))


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
