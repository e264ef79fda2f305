"""Figures of merit of a machine, each model by itself: trainings to a target, and calls of the trained network.

Parameters: `benchmark`, `experiment: datasets, samples, models`, and `models: <model>`.
Results: <results>/benchmark/<dataset>/<sample>/<model>/figures.tsv, figures.txt, convergence.tsv and benchmark.json.
"""


pathvars:
    benchmark_run_name=constrain(BENCHMARK_RUN),
    benchmark_run="<results>/benchmark/<benchmark_run_name>",
    benchmark="<results>/benchmark/<study_name>",


localrules:
    tabulate_benchmark,
    judge_benchmark,


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
