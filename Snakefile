"""Dating galaxy mergers from images: simulate or fetch a dataset, train with Horovod, evaluate, report."""

from snakemake.utils import min_version

min_version("9.19")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "rules/package.smk"
include: "rules/common.smk"
include: "rules/container.smk"
include: "rules/slurm.smk"
include: "rules/resources.smk"
include: "rules/dataset.smk"
include: "rules/simulations.smk"
include: "rules/simulation.smk"
include: "rules/sample.smk"
include: "rules/training_jobs.smk"
include: "rules/training.smk"
include: "rules/sweeps.smk"
include: "rules/sweep.smk"
include: "rules/encoder.smk"
include: "rules/evaluation.smk"
include: "rules/joining.smk"
include: "rules/intervals.smk"
include: "rules/baselines.smk"
include: "rules/properties.smk"
include: "rules/robustness.smk"
include: "rules/dater.smk"
include: "rules/observed.smk"
include: "rules/encoder_figures.smk"
include: "rules/similar.smk"
include: "rules/study.smk"
include: "rules/scaling.smk"
include: "rules/benchmark_runs.smk"
include: "rules/benchmark.smk"
include: "rules/figures.smk"
include: "rules/experiments.smk"
include: "rules/report_figures.smk"
include: "rules/report.smk"
include: "rules/results.smk"
include: "rules/provenance.smk"


onstart:
    check_accepted_datasets()
    check_container()
    begin_on_cluster()


onerror:
    end_on_cluster(log)


rule all:
    """The report on all runs of the experiment, the result of each stage on the way to it, and what these were made from."""
    default_target: True
    input:
        trainings_of_sweeps,
        results_of_all_stages,
        "<results>/provenance.json",
        "<results>/ro-crate-metadata.json",


rule scaling:
    """The scaling study alone: each model trained for a while by each number of workers, without evaluation."""
    input:
        "<results>/tables/scaling.csv",
        "<results>/tables/scaling.json",
        expand("<results>/figures/scaling/{study}.svg", study=SCALING_STUDIES),
        expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),


rule benchmark:
    """Figures of merit alone: each model trained to a target several times, and its calls timed, against a reference."""
    input:
        expand("<results>/benchmark/{study}/verdict.txt", study=SCALING_STUDIES),


rule sweeps:
    """The sweeps alone: every combination trained, all of them beside each other, and the scores of what is chosen."""
    input:
        expand("<results>/tables/sweeps/{sweep}.csv", sweep=SWEEPS),
        expand("<results>/figures/sweep/{sweep}.svg", sweep=SWEEPS),
        scores_of_sweeps,
