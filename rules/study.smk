"""The runs of the scaling study, and what its rules look up.

Parameters: `scaling`, `experiment: datasets, samples, models`, and `models: <model>`.
"""

from deepgalaxy.scaling.counted_epochs import length_of_study_run

STUDY = study_runs(config)
# What the model is fitted to: a single worker, and an exchange between several.
MODELLED_STUDIES = SCALING_STUDIES if {1} < set(config["scaling"]["workers"]) else []


def study_options(wildcards):
    """Return the options of a study run as words of a command line: the model's, with the run's length and batch size."""
    study = config["scaling"]
    epochs = length_of_study_run(study["repeats"], study["epochs"])
    own = {"epochs": epochs, "steps_per_epoch": study["steps_per_epoch"], "batch_size": wildcards.batch}
    options = MODELS[wildcards.model] | own | {"debug": False, "target": 0}
    return [*command_line(options), "--allreduce-sweep"]


def cores_per_rank_of_study(wildcards):
    """Return the cores that the study's largest run has for each rank: all runs take as many, to be comparable."""
    return job_of(max(config["scaling"]["workers"])).cpus_per_rank


def study_files(name, runs=STUDY):
    """Return the file called ``name`` of each run of the scaling study."""
    return [f"<results>/scaling/{STUDY_RUN.format(**run)}/{name}" for run in runs]


def runs_of_study(wildcards):
    """Return the runs of one model on one sample."""
    return [run for run in STUDY if all(run[name] == wildcards[name] for name in TRAINED)]


def files_of_study(name):
    """Return a function for the file called ``name`` of each run of one model on one sample."""
    return lambda wildcards: study_files(name, runs_of_study(wildcards))
