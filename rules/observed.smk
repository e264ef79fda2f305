"""Observed images, dated by the daters, and the map of what these were trained on.

Parameters: `observed`, only the map is made if it names no directory; and `models: <model>: background`, a directory of cut-outs
of the sky, which are prepared for training.
Results: <run>/observed.hdf5, <results>/tables/observed/, tables/observed_times/, figures/observed/ and figures/embedding/; with
published times, <results>/tables/observed_reference/, observed_agreement/ and <results>/figures/observed_reference/; <results>/backgrounds/
"""

from deepgalaxy.observed.listing import digest_listing, inputs_of_a_rule, list_cutouts, list_observed
from deepgalaxy.observed.reference import read_reference

OBSERVED = config["observed"]
try:
    OBSERVED_FILES = list_observed(OBSERVED["directory"]) if OBSERVED["directory"] else []
    if OBSERVED["reference"] and workflow.is_main_process:
        read_reference(OBSERVED["reference"])
    # Of each model that is trained before cut-outs of the sky, those whose weights others begin with too.
    CUTOUTS = {
        name: list_cutouts(MODELS[name]["background"])
        for name in dict.fromkeys([*TRAINED_MODELS, *MODELS_BEFORE])
        if MODELS[name]["background"]
    }
except ValueError as error:
    raise WorkflowError(str(error)) from None
# All that observed images go through before they are drawn, if there are any; see `results_of_all_stages`.
OBSERVED_RESULTS = (
    [
        *for_all_runs("<results>/models/{run}/observed.hdf5"),
        *for_all_runs("<results>/tables/observed/{run}.csv"),
    ]
    if OBSERVED_FILES
    else []
)

COMPARED_NAMES = RUN_NAMES if OBSERVED_FILES and OBSERVED["reference"] else []


localrules:
    compare_observed,
    plot_observed_reference,
    plot_observed,


rule date_observed:
    """Date observed images by the dater of a run: when they are, how sure that is, and which are like nothing it knows."""
    input:
        dater="<run>/dater.zip",
        training="<run>/training.json",
        images=inputs_of_a_rule(OBSERVED_FILES),
    output:
        images="<run>/observed.hdf5",
        times="<results>/tables/observed_times/<run_name>.csv",
        table=report(
            "<results>/tables/observed/<run_name>.csv",
            caption="../workflow/report/observed.rst",
            category="Observed images",
            labels={"content": "table", **RUN_LABELS},
        ),
    log:
        "<logs>/date_observed/<run_name>.log",
    benchmark:
        "<benchmarks>/date_observed/<run_name>.tsv"
    conda:
        "../envs/observe.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        # Each of two readers takes for a pixel four channels of 8 bytes and 4 more; later 4, and 28 while it is worked on.
        mem_mb=megabytes_of_network("to_predict", beside=round(1000 + 2 * 40 * OBSERVED["largest_megapixels"])),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60 * config["prediction"]["turns"]),
    params:
        # By a function, so that Snakemake fills in nothing.
        directory=lambda wildcards: OBSERVED["directory"],
        contents=digest_listing(OBSERVED_FILES),
        largest_megapixels=OBSERVED["largest_megapixels"],
        code=code_digest("observed/date_observed.py"),
    script:
        "../workflow/scripts/observed/date_observed.py"


rule plot_embedding:
    """Draw a map of training images by a network's features, with observed images on it."""
    input:
        dater="<run>/dater.zip",
        observed=["<run>/observed.hdf5"] if OBSERVED_FILES else [],
        table=["<results>/tables/observed/<run_name>.csv"] if OBSERVED_FILES else [],
    output:
        report(
            "<results>/figures/embedding/<run_name>.png",
            caption="../workflow/report/embedding.rst",
            category="Results",
            labels={"content": "map of the features", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_embedding/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        seed=stage_seed("embedding"),
        code=code_digest("figures/plot_embedding.py"),
    script:
        "../workflow/scripts/figures/plot_embedding.py"


rule plot_observed:
    """Draw observed images with their distributions over time and their nearest training images."""
    input:
        table="<results>/tables/observed/<run_name>.csv",
        times="<results>/tables/observed_times/<run_name>.csv",
        observed="<run>/observed.hdf5",
        train="<sample>/train.hdf5",
    output:
        report(
            "<results>/figures/observed/<run_name>.png",
            caption="../workflow/report/observed.rst",
            category="Observed images",
            labels={"content": "figure", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_observed/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_observed.py"),
    script:
        "../workflow/scripts/figures/plot_observed.py"


rule compare_observed:
    """Compare the times of observed images with published ones."""
    input:
        table="<results>/tables/observed/<run_name>.csv",
        split="<sample>/split.csv",
        reference=lambda wildcards: OBSERVED["reference"],
    output:
        table=report(
            "<results>/tables/observed_reference/<run_name>.csv",
            caption="../workflow/report/observed_reference.rst",
            category="Observed images",
            labels={"content": "published times", **RUN_LABELS},
        ),
        agreement=report(
            "<results>/tables/observed_agreement/<run_name>.csv",
            caption="../workflow/report/observed_reference.rst",
            category="Observed images",
            labels={"content": "agreement with published times", **RUN_LABELS},
        ),
    log:
        "<logs>/compare_observed/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        seed=stage_seed("observed_reference"),
        code=code_digest("observed/compare_observed.py"),
    script:
        "../workflow/scripts/observed/compare_observed.py"


rule plot_observed_reference:
    """Draw the times of observed images against published ones."""
    input:
        table="<results>/tables/observed_reference/<run_name>.csv",
        agreement="<results>/tables/observed_agreement/<run_name>.csv",
    output:
        report(
            "<results>/figures/observed_reference/<run_name>.svg",
            caption="../workflow/report/observed_reference.rst",
            category="Observed images",
            labels={"content": "times against published ones", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_observed_reference/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_observed_reference.py"),
    script:
        "../workflow/scripts/figures/plot_observed_reference.py"


rule prepare_background:
    """Prepare cut-outs of the sky, whose light is added to the training images of a model."""
    input:
        train="<sample>/train.hdf5",
        images=lambda wildcards: inputs_of_a_rule(CUTOUTS[wildcards.model]),
    output:
        "<results>/backgrounds/<sweep_name>.hdf5",
    log:
        "<logs>/prepare_background/<sweep_name>.log",
    conda:
        "../envs/observe.yaml"
    resources:
        mem_mb=megabytes(round(500 + 40 * OBSERVED["largest_megapixels"])),
        runtime=minutes(10, per_gb=20),
    params:
        files=lambda wildcards: CUTOUTS[wildcards.model],
        contents=lambda wildcards: digest_listing(CUTOUTS[wildcards.model]),
        largest_megapixels=OBSERVED["largest_megapixels"],
        code=code_digest("observed/prepare_background.py"),
    script:
        "../workflow/scripts/observed/prepare_background.py"
