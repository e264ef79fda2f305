"""Evaluation of a trained model on images that it has never seen.

Parameters: `prediction`, `seed`. What several runs predict, put together by joining.smk, is evaluated like the predictions of one.
Results: <run>/predictions.hdf5, validation_predictions.hdf5, metrics.json and examples.hdf5, <results>/tables/errors/;
<results>/tables/isolated/ of samples that take isolated galaxies
"""


rule predict_images:
    """Let a trained model classify the held-out images, and those that it was validated on, for its calibration."""
    input:
        model="<run>/model.keras",
        properties="<run>/properties.csv",
        training="<run>/training.json",
        test="<sample>/test.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<run>/classes.csv",
    output:
        test="<run>/predictions.hdf5",
        validation="<run>/validation_predictions.hdf5",
    log:
        "<logs>/predict_images/<run_name>.log",
    benchmark:
        "<benchmarks>/predict_images/<run_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: cores(2)
    resources:
        mem_mb=megabytes_of_network("to_predict"),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60 * config["prediction"]["turns"]),
    params:
        turns=config["prediction"]["turns"],
        code=code_digest("evaluation/predict_images.py"),
    script:
        "../workflow/scripts/evaluation/predict_images.py"


rule evaluate_predictions:
    """Score a model's predictions of the held-out images."""
    input:
        predictions="<scored>/predictions.hdf5",
        validation="<scored>/validation_predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        before=splits_before,
    output:
        "<scored>/metrics.json",
    log:
        "<logs>/evaluate_predictions/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        seed=stage_seed("evaluate", "repeat"),
        all_known=lambda wildcards: runs_before(wildcards)[1] is None,
        code=code_digest("evaluation/evaluate_predictions.py"),
    script:
        "../workflow/scripts/evaluation/evaluate_predictions.py"


rule break_down_errors:
    """Tabulate a model's errors by class, phase of the merger, simulation, camera, and ratio of the galaxies."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/tables/errors/<scored_name>.csv",
            caption="../workflow/report/errors.rst",
            category="Results",
            labels={"content": "errors by class and phase", **RUN_LABELS},
        ),
    log:
        "<logs>/break_down_errors/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=code_digest("evaluation/break_down_errors.py"),
    script:
        "../workflow/scripts/evaluation/break_down_errors.py"


rule tabulate_isolated:
    """Tabulate how many isolated galaxies a model calls mergers, and the reverse."""
    input:
        predictions="<scored>/predictions.hdf5",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/tables/isolated/<scored_name>.csv",
            caption="../workflow/report/isolated.rst",
            category="Results",
            labels={"content": "isolated galaxies and mergers", **RUN_LABELS},
        ),
    log:
        "<logs>/tabulate_isolated/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        seed=stage_seed("isolated", "repeat"),
        code=code_digest("evaluation/tabulate_isolated.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_isolated.py"


rule explain_examples:
    """Choose test images that are dated well and badly, and find out where the network looks in them."""
    input:
        model="<run>/model.keras",
        training="<run>/training.json",
        test="<sample>/test.hdf5",
        predictions="<run>/predictions.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
    output:
        "<run>/examples.hdf5",
    log:
        "<logs>/explain_examples/<run_name>.log",
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    resources:
        mem_mb=megabytes_of_network("to_explain"),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(30),
    params:
        code=code_digest("evaluation/explain_examples.py"),
    script:
        "../workflow/scripts/evaluation/explain_examples.py"
