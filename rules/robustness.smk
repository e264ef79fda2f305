"""How much worse a model dates test images that are turned, scaled, moved, blurred, and more.

Parameters: `prediction`, `seed`.
Results: <run>/robustness.hdf5, <results>/tables/robustness/ and <results>/figures/robustness/, of samples with frames
"""


localrules:
    plot_robustness,


rule measure_robustness:
    """Let a trained model classify test images that are turned, scaled, moved, blurred, and more."""
    input:
        model="<run>/model.keras",
        training="<run>/training.json",
        test="<sample>/test.hdf5",
        validation="<run>/validation_predictions.hdf5",
        split="<sample>/split.csv",
    output:
        "<run>/robustness.hdf5",
    log:
        "<logs>/measure_robustness/<run_name>.log",
    benchmark:
        "<benchmarks>/measure_robustness/<run_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    resources:
        mem_mb=megabytes_of_network("to_predict", beside=500),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(30 * config["prediction"]["turns"]),
    params:
        seed=stage_seed("robustness", "repeat"),
        code=code_digest("evaluation/measure_robustness.py"),
    script:
        "../workflow/scripts/evaluation/measure_robustness.py"


rule tabulate_robustness:
    """Tabulate how much worse a model dates images that are disturbed."""
    input:
        measured="<run>/robustness.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/tables/robustness/<run_name>.csv",
            caption="../workflow/report/robustness.rst",
            category="Results",
            labels={"content": "robustness", **RUN_LABELS},
        ),
    log:
        "<logs>/tabulate_robustness/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(20),
    params:
        seed=stage_seed("robustness", "repeat"),
        code=code_digest("evaluation/tabulate_robustness.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_robustness.py"


rule plot_robustness:
    """Draw how much worse one run dates images that are disturbed."""
    input:
        "<results>/tables/robustness/<run_name>.csv",
    output:
        report(
            "<results>/figures/robustness/<run_name>.svg",
            caption="../workflow/report/robustness.rst",
            category="Results",
            labels={"content": "robustness", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_robustness/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_robustness.py"),
    script:
        "../workflow/scripts/figures/plot_robustness.py"
