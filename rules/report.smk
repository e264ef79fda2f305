"""Tables, figures and the report on all runs of the experiment.

Parameters: `experiment`.
Results: <results>/tables/, <results>/figures/ and <results>/report.html
"""


localrules:
    tabulate_metrics,
    plot_contact_sheet,
    plot_sample,
    plot_training,
    plot_predictions,
    plot_errors,
    plot_examples,
    judge_claims,
    write_report,


SHOWN_RUNS = [name for name in RUN_NAMES if name.endswith("repeat~0")]
OBSERVING_RUNS = SHOWN_RUNS if OBSERVED_FILES else []


rule tabulate_metrics:
    """Collect the metrics of all runs in one table, and sum up those that differ in nothing but their seed."""
    input:
        for_all_runs("<results>/models/{run}/metrics.json"),
    output:
        metrics=report(
            "<results>/tables/metrics.csv",
            caption="../workflow/report/metrics.rst",
            category="Results",
            labels={"content": "metrics of all runs"},
        ),
        summary=report(
            "<results>/tables/summary.csv",
            caption="../workflow/report/summary.rst",
            category="Results",
            labels={"content": "mean and spread over repeats"},
        ),
    log:
        "<logs>/tabulate_metrics.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=RUNS,
        code=code_digest("tabulate_metrics.py"),
    script:
        "../workflow/scripts/tabulate_metrics.py"


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
        code=code_digest("plot_contact_sheet.py"),
    script:
        "../workflow/scripts/plot_contact_sheet.py"


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
            labels={"content": "selection and split", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_sample/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_sample.py"),
    script:
        "../workflow/scripts/plot_sample.py"


rule plot_training:
    """Draw the training curves of one run."""
    input:
        epochs="<run>/epochs.jsonl",
    output:
        report(
            "<results>/figures/training/<run_name>.svg",
            caption="../workflow/report/training.rst",
            category="Training",
            labels={"model": "{model}", "workers": "{workers}", "repeat": "{repeat}"},
        ),
    log:
        "<logs>/plot_training/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_training.py"),
    script:
        "../workflow/scripts/plot_training.py"


rule plot_predictions:
    """Draw what one run predicts against the truth."""
    input:
        predictions="<run>/predictions.hdf5",
        classes="<run>/classes.csv",
    output:
        report(
            "<results>/figures/predictions/<run_name>.svg",
            caption="../workflow/report/predictions.rst",
            category="Results",
            labels={"model": "{model}", "workers": "{workers}", "repeat": "{repeat}"},
        ),
    log:
        "<logs>/plot_predictions/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_predictions.py"),
    script:
        "../workflow/scripts/plot_predictions.py"


rule plot_errors:
    """Draw on what the errors of one run depend."""
    input:
        "<results>/tables/errors/<run_name>.csv",
    output:
        report(
            "<results>/figures/errors/<run_name>.svg",
            caption="../workflow/report/errors.rst",
            category="Results",
            labels={"content": "errors", "model": "{model}", "workers": "{workers}", "repeat": "{repeat}"},
        ),
    log:
        "<logs>/plot_errors/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_errors.py"),
    script:
        "../workflow/scripts/plot_errors.py"


rule plot_examples:
    """Draw images that a network dates well and badly, and where it looks."""
    input:
        examples="<run>/examples.hdf5",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/figures/examples/<run_name>.png",
            caption="../workflow/report/examples.rst",
            category="Results",
            labels={"content": "examples", "model": "{model}", "workers": "{workers}", "repeat": "{repeat}"},
        ),
    log:
        "<logs>/plot_examples/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_examples.py"),
    script:
        "../workflow/scripts/plot_examples.py"


rule judge_claims:
    """Hold what the DeepGalaxy paper claims against the results of all runs."""
    input:
        metrics="<results>/tables/metrics.csv",
        scaling="<results>/tables/scaling.csv",
        scaling_model=expand("<results>/tables/scaling_model/{study}.csv", study=MODELLED_STUDIES),
        catalogues=expand("<results>/datasets/{dataset}/catalogue.csv", dataset=EXPERIMENT["datasets"]),
        simulating=for_all_mergers("<benchmarks>/simulate_merger/{dataset}/{group}.tsv"),
        predicting=for_all_runs("<benchmarks>/predict_images/{run}.tsv"),
        test=for_all_runs("<results>/models/{run}/predictions.hdf5"),
        validation=for_all_runs("<results>/models/{run}/validation_predictions.hdf5"),
    output:
        report(
            "<results>/tables/claims.csv",
            caption="../workflow/report/claims.rst",
            category="Results",
            labels={"content": "claims of the paper"},
        ),
    log:
        "<logs>/judge_claims.log",
    conda:
        "../envs/report.yaml"
    params:
        datasets=EXPERIMENT["datasets"],
        published=[dataset for dataset in EXPERIMENT["datasets"] if not simulated(dataset)],
        code=code_digest("judge_claims.py"),
    script:
        "../workflow/scripts/judge_claims.py"


rule write_report:
    """Write the report on all runs; of repeats, which differ in their seeds alone, it shows the figures of the first."""
    input:
        metrics="<results>/tables/metrics.csv",
        summary="<results>/tables/summary.csv",
        baselines=expand("<results>/tables/baselines/{sample}.csv", sample=SAMPLES),
        errors=expand("<results>/tables/errors/{run}.csv", run=SHOWN_RUNS),
        observed=expand("<results>/tables/observed/{run}.csv", run=OBSERVING_RUNS),
        scaling="<results>/tables/scaling.csv",
        scaling_model=expand("<results>/tables/scaling_model/{study}.csv", study=MODELLED_STUDIES),
        scaling_parameters=expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),
        throughput="<results>/tables/throughput.csv",
        claims="<results>/tables/claims.csv",
        datasets=[image_file(dataset) for dataset in EXPERIMENT["datasets"]],
        catalogues=expand("<results>/datasets/{dataset}/catalogue.csv", dataset=EXPERIMENT["datasets"]),
        contact_sheets=expand("<results>/figures/contact_sheet/{dataset}.png", dataset=EXPERIMENT["datasets"]),
        samples=expand("<results>/figures/sample/{sample}.svg", sample=SAMPLES),
        morphology=expand("<results>/figures/morphology/{sample}.svg", sample=SAMPLES),
        training=expand("<results>/figures/training/{run}.svg", run=SHOWN_RUNS),
        predictions=expand("<results>/figures/predictions/{run}.svg", run=SHOWN_RUNS),
        error_figures=expand("<results>/figures/errors/{run}.svg", run=SHOWN_RUNS),
        examples=expand("<results>/figures/examples/{run}.png", run=SHOWN_RUNS),
        observed_figures=expand("<results>/figures/observed/{run}.png", run=OBSERVING_RUNS),
        scaling_figures=expand("<results>/figures/scaling/{study}.svg", study=SCALING_STUDIES),
        runs=for_all_runs("<results>/models/{run}/training.json"),
    output:
        "<results>/report.html",
    log:
        "<logs>/write_report.log",
    conda:
        "../envs/report.yaml"
    params:
        subjects=dict.fromkeys(["datasets", "contact_sheets"], EXPERIMENT["datasets"])
        | dict.fromkeys(["samples", "morphology", "baselines"], SAMPLES)
        | dict.fromkeys(["training", "predictions", "errors", "error_figures", "examples"], SHOWN_RUNS)
        | dict.fromkeys(["observed", "observed_figures"], OBSERVING_RUNS)
        | {"scaling_model": MODELLED_STUDIES, "scaling_figures": SCALING_STUDIES},
        config=config,
        code=code_digest("write_report.py"),
    script:
        "../workflow/scripts/write_report.py"
