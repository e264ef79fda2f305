"""Figures of the dataset, of each sample, and of each run.

Results: <results>/figures/
"""


localrules:
    plot_skill,
    plot_mergers,
    plot_contact_sheet,
    plot_sample,
    plot_training,
    plot_predictions,
    plot_pit,
    plot_errors,
    plot_examples,


rule plot_skill:
    """Draw the networks that were trained on a sample beside all of its baselines."""
    input:
        metrics="<experiment>/tables/metrics.csv",
        skill="<experiment>/tables/skill.csv",
        baselines="<results>/tables/baselines/{dataset}/{sample}.csv",
    output:
        report(
            "<experiment>/figures/skill/{dataset}/{sample}.svg",
            caption="../workflow/report/skill.rst",
            category="Results",
            labels={"content": "networks and baselines on {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_skill/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_skill.py"),
    script:
        "../workflow/scripts/figures/plot_skill.py"


rule plot_mergers:
    """Draw several mergers of a dataset: times across, mergers down."""
    input:
        dataset=dataset_file,
        catalogue="<dataset>/catalogue.csv",
    output:
        report(
            "<results>/figures/mergers/{dataset}.png",
            caption="../workflow/report/mergers.rst",
            category="Dataset",
            labels={"content": "mergers", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_mergers/{dataset}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_mergers.py"),
    script:
        "../workflow/scripts/figures/plot_mergers.py"


rule plot_contact_sheet:
    """Draw one merger of a dataset: times across, cameras down."""
    input:
        dataset=dataset_file,
        catalogue="<dataset>/catalogue.csv",
    output:
        report(
            "<results>/figures/contact_sheet/{dataset}.png",
            caption="../workflow/report/contact_sheet.rst",
            category="Dataset",
            labels={"content": "contact sheet", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_contact_sheet/{dataset}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_contact_sheet.py"),
    script:
        "../workflow/scripts/figures/plot_contact_sheet.py"


rule plot_sample:
    """Draw what a dataset holds, what of it was selected, and how that was split."""
    input:
        catalogue="<dataset>/catalogue.csv",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/figures/sample/{dataset}/{sample}.svg",
            caption="../workflow/report/sample.rst",
            category="Dataset",
            labels={"content": "selection and split of {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_sample/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_sample.py"),
    script:
        "../workflow/scripts/figures/plot_sample.py"


rule plot_training:
    """Draw the training curves of one run."""
    input:
        epochs="<run>/epochs.jsonl",
    output:
        report(
            "<results>/figures/training/<run_name>.svg",
            caption="../workflow/report/training.rst",
            category="Training",
            labels=RUN_LABELS,
        ),
    log:
        "<logs>/plot_training/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_training.py"),
    script:
        "../workflow/scripts/figures/plot_training.py"


rule plot_predictions:
    """Draw what one run predicts against the truth."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
    output:
        report(
            "<results>/figures/predictions/<scored_name>.svg",
            caption="../workflow/report/predictions.rst",
            category="Results",
            labels=RUN_LABELS,
        ),
    log:
        "<logs>/plot_predictions/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_predictions.py"),
    script:
        "../workflow/scripts/figures/plot_predictions.py"


rule plot_pit:
    """Draw where in one run's predicted distributions the true times lie."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
    output:
        report(
            "<results>/figures/pit/<scored_name>.svg",
            caption="../workflow/report/pit.rst",
            category="Results",
            labels={"content": "levels of the true times", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_pit/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_pit.py"),
    script:
        "../workflow/scripts/figures/plot_pit.py"


rule plot_errors:
    """Draw what the errors of one run depend on."""
    input:
        "<results>/tables/errors/<scored_name>.csv",
    output:
        report(
            "<results>/figures/errors/<scored_name>.svg",
            caption="../workflow/report/errors.rst",
            category="Results",
            labels={"content": "errors", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_errors/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_errors.py"),
    script:
        "../workflow/scripts/figures/plot_errors.py"


rule plot_examples:
    """Draw images that a network dates well and badly, and where it looks."""
    input:
        examples="<run>/examples.hdf5",
        predictions="<run>/predictions.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/figures/examples/<run_name>.png",
            caption="../workflow/report/examples.rst",
            category="Results",
            labels={"content": "examples", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_examples/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_examples.py"),
    script:
        "../workflow/scripts/figures/plot_examples.py"
