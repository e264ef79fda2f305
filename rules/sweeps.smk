"""The sweeps that are asked for, and what their rules look up; what is chosen of them is known when they are trained.

Parameters: `models: <model>: sweep`.
"""

from itertools import product

from deepgalaxy.folds import ALL_FOLDS
from deepgalaxy.planning.sweeps import chosen_model, combinations, say_options, swept_models

SWEPT = swept_models(config)
SWEEP_RUNS = sweep_runs(config)
# What each sweep is tried on, by its name.
SWEEPS = {
    STUDY_NAME.format(**sweep): sweep
    for sweep in (dict(zip(TRAINED, names)) for names in product(EXPERIMENT["datasets"], split_samples(config), SWEPT))
}
SWEEP_NAMES = [EXPERIMENT_RUN.format(**run) for run in SWEEP_RUNS]


def runs_of_sweep(wildcards):
    """Return the runs of the sweep of one model on one sample."""
    names = combinations(config["models"], wildcards.model)
    return [
        run
        for run in SWEEP_RUNS
        if run["model"] in names and all(run[name] == wildcards[name] for name in ("dataset", "sample"))
    ]


def files_of_sweep(name):
    """Return a function for the file called ``name`` of each run of the sweep of one model on one sample."""
    pattern = f"<results>/models/{EXPERIMENT_RUN}/{name}"
    return lambda wildcards: [pattern.format(**run) for run in runs_of_sweep(wildcards)]


def values_of_sweep(wildcards):
    """Return what the combinations of a model's sweep try, in words, by their names."""
    swept = config["models"][wildcards.model]["sweep"]
    return {
        name: say_options({option: MODELS[name][option] for option in swept})
        for name in combinations(config["models"], wildcards.model)
    }


def as_trained(wildcards):
    """Return the names under which a model was trained: of one that has a sweep, that of what is chosen of it, or of all
    folds together what is chosen in each."""
    if wildcards.model not in SWEPT:
        return [wildcards.model]
    sample, fold = parse_fold(wildcards.sample)
    sweeps = [
        {"dataset": wildcards.dataset, "sample": name, "model": wildcards.model}
        for name in (fold_names(config, sample) if fold == ALL_FOLDS else [wildcards.sample])
    ]
    tables = [checkpoints.choose_of_sweep.get(**sweep).output[0] for sweep in sweeps]
    return [chosen_model(table, wildcards.workers) for table in tables]


def of_chosen(name):
    """Return a function for the file called ``name`` of the run that is chosen."""
    pattern = f"<results>/models/{EXPERIMENT_RUN}/{name}"
    return lambda wildcards: [pattern.format(**{**wildcards, "model": model}) for model in as_trained(wildcards)]


def wait_for_sweeps():
    """Let Snakemake look at what follows only when all sweeps are chosen from, so that it runs of it what is affected."""
    for sweep in SWEEPS.values():
        checkpoints.choose_of_sweep.get(**sweep)
