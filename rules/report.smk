"""The results of all runs of the experiment, in tables and on one page.

Parameters: `experiment`.
Results: <experiment>/tables/metrics.csv, summary.csv, skill.csv and claims.csv, and <experiment>/report.html
"""

from deepgalaxy.figures.table import figure_files
from deepgalaxy.folds import ALL_FOLDS

# The subjects of figures and tables (deepgalaxy.figures.table), and those that the report shows: of repeats, which differ
# only in their seeds, the first; of folds, all together, and where there is no such thing, the first.
SUBJECTS = {
    "dataset": EXPERIMENT["datasets"],
    "sample": SAMPLES,
    "scored_sample": SCORED_SAMPLES,
    "run": RUN_NAMES,
    "scored_run": SCORED_NAMES,
    "isolated_run": ISOLATED_NAMES,
    "property_run": PROPERTY_NAMES,
    "observing_run": RUN_NAMES if OBSERVED_FILES else [],
    "compared_run": COMPARED_NAMES,
    "robust_run": ROBUST_NAMES,
    "encoder": ENCODER_NAMES,
    "searching_encoder": SEARCHING_NAMES,
    "scaling_study": SCALING_STUDIES,
    "sweep": list(SWEEPS),
    "other_experiment": [EXPERIMENT["beside"]] if EXPERIMENT["beside"] else [],
    "modelled_study": MODELLED_STUDIES,
}
FOLDS = {EXPERIMENT_RUN.format(**run): parse_fold(run["sample"])[1] for run in SCORED}
SHOWN_FOLDS = {
    "run": "1",
    "observing_run": "1",
    "compared_run": "1",
    "property_run": "1",
    "robust_run": "1",
    "scored_run": ALL_FOLDS,
    "isolated_run": ALL_FOLDS,
}
SHOWN = SUBJECTS | {
    "sample": [name for name in SAMPLES if parse_fold(name)[1] in (None, "1")],
    "scored_sample": [name for name in SCORED_SAMPLES if parse_fold(name)[1] in (None, ALL_FOLDS)],
    **{
        kind: [name for name in SUBJECTS[kind] if name.endswith("repeat~0") and FOLDS[name] in (None, fold)]
        for kind, fold in SHOWN_FOLDS.items()
    },
    "sweep": [name for name, sweep in SWEEPS.items() if parse_fold(sweep["sample"])[1] in (None, "1")],
    "encoder": SHOWN_ENCODERS,
    "searching_encoder": SHOWN_ENCODERS if OBSERVED_FILES else [],
}


localrules:
    tabulate_metrics,
    judge_claims,
    write_report,


rule tabulate_metrics:
    """Collect the metrics of all runs in one table, ranked by validation, and summarise those that differ only in their seed."""
    input:
        for_all_scored("<results>/models/{run}/metrics.json"),
    output:
        metrics=report(
            "<experiment>/tables/metrics.csv",
            caption="../workflow/report/metrics.rst",
            category="Results",
            labels={"content": "metrics of all runs"},
        ),
        summary=report(
            "<experiment>/tables/summary.csv",
            caption="../workflow/report/summary.rst",
            category="Results",
            labels={"content": "mean and spread over repeats"},
        ),
    log:
        "<logs>/tabulate_metrics.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=list(map(describe_run, SCORED)),
        code=code_digest("evaluation/tabulate_metrics.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_metrics.py"


rule tabulate_skill:
    """Compare each run with the baseline on its sample that is strongest on the validation images."""
    input:
        predictions=for_all_scored("<results>/models/{run}/predictions.hdf5"),
        baselines=[f"<results>/samples/{run['dataset']}/{run['sample']}/baselines.hdf5" for run in SCORED],
        classes=for_all_scored("<results>/models/{run}/classes.csv"),
        split=[f"<results>/samples/{run['dataset']}/{run['sample']}/split.csv" for run in SCORED],
        metrics="<experiment>/tables/metrics.csv",
    output:
        report(
            "<experiment>/tables/skill.csv",
            caption="../workflow/report/skill_table.rst",
            category="Results",
            labels={"content": "networks against the strongest baseline"},
        ),
    log:
        "<logs>/tabulate_skill.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(10, per_gb=60),
    params:
        runs=list(map(describe_run, SCORED)),
        seed=stage_seed("skill"),
        code=code_digest("evaluation/tabulate_skill.py"),
    script:
        "../workflow/scripts/evaluation/tabulate_skill.py"


rule judge_claims:
    """Compare what the DeepGalaxy paper claims with the results of all runs."""
    input:
        metrics="<experiment>/tables/metrics.csv",
        skill="<experiment>/tables/skill.csv",
        scaling="<results>/tables/scaling.csv",
        scaling_model=expand("<results>/tables/scaling_model/{study}.csv", study=MODELLED_STUDIES),
        scaling_parameters=expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),
        catalogues=expand("<results>/datasets/{dataset}/catalogue.csv", dataset=EXPERIMENT["datasets"]),
        simulating=lambda wildcards: for_all_simulations(
            "<benchmarks>/simulate_galaxies/{dataset}/{group}.tsv", isolated=False
        ),
        predicting=for_all_runs("<benchmarks>/predict_images/{run}.tsv"),
        test=for_all_runs("<results>/models/{run}/predictions.hdf5"),
        validation=for_all_runs("<results>/models/{run}/validation_predictions.hdf5"),
        encoder_reconstruction=expand("<results>/tables/encoders/reconstruction/{encoder}.csv", encoder=ENCODER_NAMES),
        encoder_latent=expand("<results>/tables/encoders/latent/{encoder}.csv", encoder=ENCODER_NAMES),
    output:
        report(
            "<experiment>/tables/claims.csv",
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
        encoders=encoder_runs(config),
        on_maps=ON_MAPS,
        code=code_digest("evaluation/judge_claims.py"),
    script:
        "../workflow/scripts/evaluation/judge_claims.py"


rule write_report:
    """Write the report on all runs."""
    input:
        metrics="<experiment>/tables/metrics.csv",
        skill="<experiment>/tables/skill.csv",
        summary="<experiment>/tables/summary.csv",
        comparison=COMPARED_TABLES["comparison"],
        differing_settings=COMPARED_TABLES["differing_settings"],
        sweeps=expand("<results>/tables/sweeps/{sweep}.csv", sweep=SHOWN["sweep"]),
        baselines=expand("<results>/tables/baselines/{sample}.csv", sample=SHOWN["scored_sample"]),
        errors=expand("<results>/tables/errors/{run}.csv", run=SHOWN["scored_run"]),
        intervals=expand("<results>/tables/intervals/{run}.csv", run=SHOWN["scored_run"]),
        isolated=expand("<results>/tables/isolated/{run}.csv", run=SHOWN["isolated_run"]),
        properties=expand("<results>/tables/properties/{run}.csv", run=SHOWN["property_run"]),
        encoder_reconstruction=expand("<results>/tables/encoders/reconstruction/{run}.csv", run=SHOWN["encoder"]),
        encoder_latent=expand("<results>/tables/encoders/latent/{run}.csv", run=SHOWN["encoder"]),
        similar=expand("<results>/tables/similar/{run}.csv", run=SHOWN["searching_encoder"]),
        novelty=expand("<results>/tables/novelty/{run}.csv", run=SHOWN["run"]),
        observed=expand("<results>/tables/observed/{run}.csv", run=SHOWN["observing_run"]),
        observed_agreement=expand("<results>/tables/observed_agreement/{run}.csv", run=SHOWN["compared_run"]),
        robustness=expand("<results>/tables/robustness/{run}.csv", run=SHOWN["robust_run"]),
        scaling="<results>/tables/scaling.csv",
        scaling_model=expand("<results>/tables/scaling_model/{study}.csv", study=MODELLED_STUDIES),
        scaling_parameters=expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),
        throughput="<experiment>/tables/throughput.csv",
        claims="<experiment>/tables/claims.csv",
        datasets=[image_file(dataset) for dataset in EXPERIMENT["datasets"]],
        catalogues=expand("<results>/datasets/{dataset}/catalogue.csv", dataset=EXPERIMENT["datasets"]),
        figures=figure_files("<results>/figures", SHOWN, "<experiment>/figures"),
        runs=for_all_runs("<results>/models/{run}/training.json"),
    output:
        "<experiment>/report.html",
    log:
        "<logs>/write_report.log",
    conda:
        "../envs/report.yaml"
    params:
        subjects=SUBJECTS,
        shown=SHOWN,
        config=config,
        code=code_digest("report/write_report.py"),
    script:
        "../workflow/scripts/report/write_report.py"
