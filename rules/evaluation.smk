"""Evaluation of a trained model on images that it has never seen.

Parameters: `seed`.
Results: <run>/predictions.hdf5, validation_predictions.hdf5, metrics.json and examples.hdf5, and <results>/tables/errors/
"""


rule predict_images:
    """Let a trained model classify the held-out images, and those that it was validated on, for its calibration."""
    input:
        model="<run>/model.keras",
        test="<sample>/test.hdf5",
        validation="<sample>/validation.hdf5",
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
    threads: 2
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(10, per_gb=60),
    params:
        code=code_digest("evaluation/predict_images.py"),
    script:
        "../workflow/scripts/evaluation/predict_images.py"


rule evaluate_predictions:
    """Score a model's predictions of the held-out images."""
    input:
        predictions="<run>/predictions.hdf5",
        validation="<run>/validation_predictions.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
    output:
        "<run>/metrics.json",
    log:
        "<logs>/evaluate_predictions/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        seed=stage_seed("evaluate", "repeat"),
        code=code_digest("evaluation/evaluate_predictions.py"),
    script:
        "../workflow/scripts/evaluation/evaluate_predictions.py"


rule break_down_errors:
    """Tabulate a model's errors by phase of the merger, simulation, camera, and ratio of the galaxies."""
    input:
        predictions="<run>/predictions.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
        subset="<sample>/subset.hdf5",
    output:
        report(
            "<results>/tables/errors/<run_name>.csv",
            caption="../workflow/report/errors.rst",
            category="Results",
            labels={
                "content": "errors by phase and camera",
                "model": "{model}",
                "workers": "{workers}",
                "repeat": "{repeat}",
            },
        ),
    log:
        "<logs>/break_down_errors/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        code=code_digest("evaluation/break_down_errors.py"),
    script:
        "../workflow/scripts/evaluation/break_down_errors.py"


rule explain_examples:
    """Choose test images that are dated well and badly, and find out where the network looks in them."""
    input:
        model="<run>/model.keras",
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
    threads: 2
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(30),
    params:
        code=code_digest("evaluation/explain_examples.py"),
    script:
        "../workflow/scripts/evaluation/explain_examples.py"
