"""Evaluation of a trained model on images that it has never seen.

Parameters: `seed`.
Results: <run>/predictions.hdf5, validation_predictions.hdf5 and metrics.json
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
        *config["envmodules"],
    threads: 2
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(10, per_gb=60),
    params:
        code=code_digest("predict_images.py"),
    script:
        "../workflow/scripts/predict_images.py"


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
        code=code_digest("evaluate_predictions.py"),
    script:
        "../workflow/scripts/evaluate_predictions.py"
