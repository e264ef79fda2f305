"""How training scales with the number of workers: short trainings, measured and not kept, and a model fitted to them.

Parameters: `scaling`, `experiment: datasets, samples, models`, and `models: <model>`.
Results: <results>/scaling/, <results>/tables/scaling.csv, scaling.json and scaling_model/, and <results>/figures/scaling/.
<experiment>/tables/throughput.csv has the experiment's own runs.
"""


pathvars:
    study_run_name=constrain(STUDY_RUN),
    study_name=constrain(STUDY_NAME),
    study_run="<results>/scaling/<study_run_name>",


localrules:
    tabulate_throughput,
    tabulate_scaling,
    model_scaling,
    plot_scaling,


use rule train_model as measure_throughput with:
    output:
        model=temp("<study_run>/model.keras"),
        classes="<study_run>/classes.csv",
        properties="<study_run>/properties.csv",
        epochs="<study_run>/epochs.jsonl",
        train_log="<study_run>/train_log.txt",
        training="<study_run>/training.json",
        allreduce="<study_run>/allreduce.csv",
    log:
        "<logs>/measure_throughput/<study_run_name>.log",
    benchmark:
        "<benchmarks>/measure_throughput/<study_run_name>.tsv"
    resources:
        **training_resources(cores_per_rank_of_study),
    params:
        options=study_options,
        seed=stage_seed("train"),


rule tabulate_throughput:
    """Collect the training throughput of all runs in one table."""
    input:
        for_all_runs("<results>/models/{run}/epochs.jsonl"),
    output:
        report(
            "<experiment>/tables/throughput.csv",
            caption="../workflow/report/throughput.rst",
            category="Throughput",
            labels={"content": "throughput of all runs"},
        ),
    log:
        "<logs>/tabulate_throughput.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=list(map(describe_run, RUNS)),
        code=code_digest("scaling/tabulate_throughput.py"),
    script:
        "../workflow/scripts/scaling/tabulate_throughput.py"


rule tabulate_scaling:
    """Compare the throughput of different numbers of workers, and of old logs."""
    input:
        epochs=study_files("epochs.jsonl"),
        training=study_files("training.json"),
        logs=[log["path"] for log in config["scaling"]["logs"]],
    output:
        csv=report(
            "<results>/tables/scaling.csv",
            caption="../workflow/report/scaling_table.rst",
            category="Throughput",
            labels={"content": "scaling"},
        ),
        json="<results>/tables/scaling.json",
    log:
        "<logs>/tabulate_scaling.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=STUDY,
        logs=in_order(config["scaling"]["logs"]),
        code=code_digest("scaling/tabulate_scaling.py"),
    script:
        "../workflow/scripts/scaling/tabulate_scaling.py"


rule model_scaling:
    """Fit latency, bandwidth and computing times, and predict larger numbers of workers."""
    input:
        epochs=files_of_study("epochs.jsonl"),
        sweeps=files_of_study("allreduce.csv"),
        training=files_of_study("training.json"),
    output:
        csv=report(
            "<results>/tables/scaling_model/<study_name>.csv",
            caption="../workflow/report/scaling_model.rst",
            category="Throughput",
            labels={"content": "model of the scaling of {model}", "dataset": "{dataset}"},
        ),
        json="<results>/tables/scaling_model/<study_name>.json",
    log:
        "<logs>/model_scaling/<study_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=runs_of_study,
        seed=stage_seed("model_scaling", *TRAINED),
        code=code_digest("scaling/model_scaling.py"),
    script:
        "../workflow/scripts/scaling/model_scaling.py"


rule plot_scaling:
    """Draw how one model's training scales, with old logs, published figures and the model's predictions."""
    input:
        scaling="<results>/tables/scaling.csv",
        model="<results>/tables/scaling_model/<study_name>.csv" if MODELLED_STUDIES else [],
    output:
        report(
            "<results>/figures/scaling/<study_name>.svg",
            caption="../workflow/report/scaling.rst",
            category="Throughput",
            labels={"content": "scaling of {model}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_scaling/<study_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_scaling.py"),
    script:
        "../workflow/scripts/figures/plot_scaling.py"
