"""The results of all runs of the experiment, in tables and on one page.

Parameters: `experiment`.
Results: <results>/tables/metrics.csv, summary.csv and claims.csv, and <results>/report.html
"""


localrules:
    tabulate_metrics,
    judge_claims,
    write_report,


SHOWN_RUNS = [name for name in RUN_NAMES if name.endswith("repeat~0")]
OBSERVING_RUNS = SHOWN_RUNS if OBSERVED_FILES else []


rule tabulate_metrics:
    """Collect the metrics of all runs in one table, and summarise those that differ only in their seed."""
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
        code=code_digest("evaluation/tabulate_metrics.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_metrics.py"


rule judge_claims:
    """Compare what the DeepGalaxy paper claims with the results of all runs."""
    input:
        metrics="<results>/tables/metrics.csv",
        scaling="<results>/tables/scaling.csv",
        scaling_model=expand("<results>/tables/scaling_model/{study}.csv", study=MODELLED_STUDIES),
        scaling_parameters=expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),
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
        code=code_digest("evaluation/judge_claims.py"),
    script:
        "../workflow/scripts/evaluation/judge_claims.py"


rule write_report:
    """Write the report on all runs; of repeats, which differ only in their seeds, it shows the figures of the first."""
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
        code=code_digest("report/write_report.py"),
    script:
        "../workflow/scripts/report/write_report.py"
