"""Intervals of time that are calibrated on whole simulations: how many hold the true time.

Parameters: `seed`.
Results: <results>/tables/intervals/ and <results>/figures/intervals/
"""


localrules:
    plot_intervals,


rule tabulate_intervals:
    """Tabulate how many of a model's intervals hold the true time, of all images, by phase and by simulation."""
    input:
        predictions="<scored>/predictions.hdf5",
        validation="<scored>/validation_predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/tables/intervals/<scored_name>.csv",
            caption="../workflow/report/intervals.rst",
            category="Results",
            labels={"content": "coverage of intervals by phase and simulation", **RUN_LABELS},
        ),
    log:
        "<logs>/tabulate_intervals/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        seed=stage_seed("intervals", "repeat"),
        code=code_digest("evaluation/tabulate_intervals.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_intervals.py"


rule plot_intervals:
    """Draw how many of one run's intervals hold the true time, by phase and by simulation."""
    input:
        "<results>/tables/intervals/<scored_name>.csv",
    output:
        report(
            "<results>/figures/intervals/<scored_name>.svg",
            caption="../workflow/report/intervals.rst",
            category="Results",
            labels={"content": "coverage of intervals", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_intervals/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_intervals.py"),
    script:
        "../workflow/scripts/figures/plot_intervals.py"
