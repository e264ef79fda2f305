"""Figures of merit of a machine, each model by itself: trainings to a target, and calls of the trained network.

Parameters: `benchmark`, `experiment: datasets, samples, models`, and `models: <model>`.
Results: <results>/benchmark/<dataset>/<sample>/<model>/figures.tsv, figures.txt, convergence.tsv and benchmark.json.
"""

from deepgalaxy.planning.benchmark_runs import BENCHMARK_RUN, benchmark_runs, configuration_of

BENCHMARK = benchmark_runs(config)


pathvars:
    benchmark_run_name=constrain(BENCHMARK_RUN),
    benchmark_run="<results>/benchmark/<benchmark_run_name>",
    benchmark="<results>/benchmark/<study_name>",


localrules:
    tabulate_benchmark,
    judge_benchmark,


def options_to_target(wildcards):
    """Return the options of a training of the benchmark as words of a command line."""
    own = {"target": config["benchmark"]["target"], "learning_rate_scaling": wildcards.scaling, "debug": False}
    return command_line(settings("models/{model}")(wildcards) | own)


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


use rule train_model as train_to_target with:
    output:
        model=temp("<benchmark_run>/model.keras"),
        classes="<benchmark_run>/classes.csv",
        properties="<benchmark_run>/properties.csv",
        epochs="<benchmark_run>/epochs.jsonl",
        train_log="<benchmark_run>/train_log.txt",
        training="<benchmark_run>/training.json",
    log:
        "<logs>/train_to_target/<benchmark_run_name>.log",
    benchmark:
        "<benchmarks>/train_to_target/<benchmark_run_name>.tsv"
    resources:
        **training_resources(cores_per_rank_of_benchmark),
    params:
        options=options_to_target,
        seed=stage_seed("train", "repeat"),


rule measure_latency:
    """Time the calls of a trained network, for batches of several sizes."""
    input:
        model=network_of_benchmark,
        images="<sample>/validation.hdf5",
    output:
        "<benchmark>/latency.json",
    log:
        "<logs>/measure_latency/<study_name>.log",
    benchmark:
        "<benchmarks>/measure_latency/<study_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: lambda wildcards: job_of(1).cpus_per_rank
    resources:
        mem_mb=megabytes(MACHINE["rank_memory_mib"] + MACHINE["memory_budget_mib"]),
        runtime=minutes(60),
        gres=lambda wildcards: job_of(1).gres(MACHINE["gpu"]),
        tasks_per_gpu=0,
    params:
        batches=config["benchmark"]["batches"],
        calls=config["benchmark"]["calls"],
        code=code_digest("benchmark/measure_latency.py"),
    script:
        "../workflow/scripts/benchmark/measure_latency.py"


rule tabulate_benchmark:
    """Collect the figures of merit of a model, compare them with a reference, and tabulate convergence by workers."""
    input:
        epochs=files_of_benchmark("epochs.jsonl"),
        training=files_of_benchmark("training.json"),
        latency="<benchmark>/latency.json",
        reference=config["benchmark"]["reference"] or [],
    output:
        figures="<benchmark>/figures.tsv",
        lines="<benchmark>/figures.txt",
        convergence="<benchmark>/convergence.tsv",
        json="<benchmark>/benchmark.json",
    log:
        "<logs>/tabulate_benchmark/<study_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=trainings_of_benchmark,
        configuration=lambda wildcards: configuration_of(
            config, wildcards.dataset, unfolded(wildcards), wildcards.model
        ),
        code=code_digest("benchmark/tabulate_benchmark.py"),
    script:
        "../workflow/scripts/benchmark/tabulate_benchmark.py"


rule judge_benchmark:
    """Fail if a figure of merit is worse than the reference allows."""
    input:
        "<benchmark>/figures.tsv",
    output:
        "<benchmark>/verdict.txt",
    log:
        "<logs>/judge_benchmark/<study_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("benchmark/judge_benchmark.py"),
    script:
        "../workflow/scripts/benchmark/judge_benchmark.py"
