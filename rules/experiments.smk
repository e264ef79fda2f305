"""Experiments under names: what each keeps of its runs, and two of them side by side.

What is trained lies under the names of datasets, samples and models, for all experiments. What depends on all runs of one
together is in <experiment>, which is <results> for an experiment without a name.
Parameters: `experiment: name, beside`, `seed`.
Results: <experiment>/settings.json, test_images.hdf5, tables/comparison.csv and differing_settings.csv, if these are set
"""

from deepgalaxy.planning.experiments import KEPT, settings_of

BESIDE = experiment_directory("<results>", EXPERIMENT["beside"])
KEPT_OF_OTHER = [f"{workflow.pathvars.apply(BESIDE)}/{file}" for file in KEPT] if EXPERIMENT["beside"] else []
# Of the runs of all folds together and of single repeats.
KEPT_RUNS = [run for run in SCORED if parse_fold(run["sample"])[1] in (None, ALL_FOLDS) and run["repeat"] != ENSEMBLE]
COMPARED_TABLES = {
    name: [f"{OF_EXPERIMENT}/tables/{name}.csv"] if EXPERIMENT["beside"] else []
    for name in ("comparison", "differing_settings")
}
KEPT_FILES = (
    [f"{OF_EXPERIMENT}/settings.json", f"{OF_EXPERIMENT}/test_images.hdf5"] if EXPERIMENT["name"] else []
) + sum(COMPARED_TABLES.values(), [])


localrules:
    keep_experiment,
    compare_experiments,


rule keep_experiment:
    """Keep the settings of an experiment, and what became of each test image, for when it is set beside another one."""
    input:
        predictions=[f"<results>/models/{EXPERIMENT_RUN.format(**run)}/predictions.hdf5" for run in KEPT_RUNS],
        classes=[f"<results>/models/{EXPERIMENT_RUN.format(**run)}/classes.csv" for run in KEPT_RUNS],
        split=[f"<results>/samples/{run['dataset']}/{run['sample']}/split.csv" for run in KEPT_RUNS],
    output:
        settings="<experiment>/settings.json",
        images="<experiment>/test_images.hdf5",
    log:
        "<logs>/keep_experiment.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=list(map(describe_run, KEPT_RUNS)),
        settings=in_order(settings_of(config)),
        code=code_digest("evaluation/keep_experiment.py"),
    script:
        "../workflow/scripts/evaluation/keep_experiment.py"


rule compare_experiments:
    """Set this experiment beside another one: settings that differ, scores, and intervals of their difference."""
    input:
        metrics="<experiment>/tables/metrics.csv",
        images="<experiment>/test_images.hdf5",
        settings="<experiment>/settings.json",
        other_metrics=f"{BESIDE}/tables/metrics.csv",
        other_images=f"{BESIDE}/test_images.hdf5",
        other_settings=f"{BESIDE}/settings.json",
    output:
        comparison=report(
            "<experiment>/tables/comparison.csv",
            caption="../workflow/report/comparison.rst",
            category="Results",
            labels={"content": "another experiment beside this one"},
        ),
        settings=report(
            "<experiment>/tables/differing_settings.csv",
            caption="../workflow/report/differing_settings.rst",
            category="Results",
            labels={"content": "settings that differ from another experiment's"},
        ),
    log:
        "<logs>/compare_experiments.log",
    conda:
        "../envs/report.yaml"
    params:
        seed=stage_seed("compare"),
        code=code_digest("evaluation/compare_experiments.py"),
    script:
        "../workflow/scripts/evaluation/compare_experiments.py"
