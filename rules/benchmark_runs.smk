"""The trainings of the benchmark, and what its rules look up.

Parameters: `benchmark`, `experiment: datasets, samples, models`, and `models: <model>`.
"""

from deepgalaxy.planning.benchmark_runs import BENCHMARK_RUN, benchmark_runs, configuration_of

BENCHMARK = benchmark_runs(config)


def options_to_target(wildcards):
    """Return the options of a training of the benchmark as words of a command line."""
    own = {"target": config["benchmark"]["target"], "learning_rate_scaling": wildcards.scaling, "debug": False}
    return command_line(MODELS[wildcards.model] | own)


def cores_per_rank_of_benchmark(wildcards):
    """Return the cores that the most workers leave to each rank: all trainings take as many, to be comparable."""
    return job_of(max(config["benchmark"]["workers"])).cpus_per_rank


def trainings_of_benchmark(wildcards):
    """Return the trainings of one model on one sample."""
    return [run for run in BENCHMARK if all(run[name] == wildcards[name] for name in TRAINED)]


def files_of_benchmark(name):
    """Return a function for the file called ``name`` of each training of one model on one sample."""
    return lambda wildcards: [
        f"<results>/benchmark/{BENCHMARK_RUN.format(**run)}/{name}" for run in trainings_of_benchmark(wildcards)
    ]


def network_of_benchmark(wildcards):
    """Return the network whose calls are timed: of the first training that counts for the figures."""
    run = next(run for run in trainings_of_benchmark(wildcards) if run["merit"])
    return f"<results>/benchmark/{BENCHMARK_RUN.format(**run)}/model.keras"
