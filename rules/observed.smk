"""Observed images: prepared as the networks read them, classified, and compared with the training images.

Parameters: `observed`; these rules run only if it names a directory. And `models: <model>: background`, a directory of
cut-outs of the sky, which are prepared for training.
Results: <results>/observed/, <run>/observed.hdf5, and <results>/tables/observed/ and <results>/figures/observed/;
<results>/backgrounds/
"""

from deepgalaxy.observed.background import list_cutouts
from deepgalaxy.observed.listing import digest_listing, inputs_of_a_rule, list_observed

OBSERVED = config["observed"]
try:
    OBSERVED_FILES = list_observed(OBSERVED["directory"]) if OBSERVED["directory"] else []
    # Of each model that is trained before cut-outs of the sky.
    CUTOUTS = {
        name: list_cutouts(config["models"][name]["background"])
        for name in EXPERIMENT["models"]
        if config["models"][name]["background"]
    }
except ValueError as error:
    raise WorkflowError(str(error)) from None
# All that observed images go through before they are drawn, if there are any; see `results_of_all_stages`.
OBSERVED_RESULTS = (
    [
        *expand("<results>/observed/{name}/{file}", name=SAMPLES, file=["images.hdf5", "files.csv"]),
        *for_all_runs("<results>/models/{run}/observed.hdf5"),
        *for_all_runs("<results>/tables/observed/{run}.csv"),
    ]
    if OBSERVED_FILES
    else []
)


localrules:
    tabulate_observed,
    plot_observed,


rule prepare_observed:
    """Prepare observed images as the networks of a sample read them; what cannot be used is named, with the reason."""
    input:
        train="<sample>/train.hdf5",
        images=inputs_of_a_rule(OBSERVED_FILES),
    output:
        images="<results>/observed/{dataset}/{sample}/images.hdf5",
        files="<results>/observed/{dataset}/{sample}/files.csv",
    log:
        "<logs>/prepare_observed/{dataset}/{sample}.log",
    conda:
        "../envs/observe.yaml"
    resources:
        # A pixel may take four channels of 8 bytes and 4 more when it is read; later 4, and 28 while it is worked on.
        mem_mb=megabytes(round(500 + 40 * OBSERVED["largest_megapixels"])),
        runtime=minutes(10, per_gb=20),
    params:
        # By a function, so that Snakemake fills in nothing.
        directory=lambda wildcards: OBSERVED["directory"],
        contents=digest_listing(OBSERVED_FILES),
        largest_megapixels=OBSERVED["largest_megapixels"],
        code=code_digest("observed/prepare_observed.py"),
    script:
        "../workflow/scripts/observed/prepare_observed.py"


rule classify_observed:
    """Let a trained model classify the observed images, and keep its features of these and of what it was trained on."""
    input:
        model="<run>/model.keras",
        training="<run>/training.json",
        observed="<results>/observed/{dataset}/{sample}/images.hdf5",
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
    output:
        "<run>/observed.hdf5",
    log:
        "<logs>/classify_observed/<run_name>.log",
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        # Features are held besides: 50,000 of 4,096 values at most.
        mem_mb=megabytes_of_network("to_predict", beside=1000),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60),
    params:
        code=code_digest("observed/classify_observed.py"),
    script:
        "../workflow/scripts/observed/classify_observed.py"


rule tabulate_observed:
    """Tabulate the distribution over time of each observed image, its nearest training images, and how near these are."""
    input:
        files="<results>/observed/{dataset}/{sample}/files.csv",
        classified="<run>/observed.hdf5",
        validation="<run>/validation_predictions.hdf5",
        classes="<run>/classes.csv",
        split="<sample>/split.csv",
    output:
        table=report(
            "<results>/tables/observed/<run_name>.csv",
            caption="../workflow/report/observed.rst",
            category="Observed images",
            labels={"content": "table", **RUN_LABELS},
        ),
        times="<results>/tables/observed_times/<run_name>.csv",
    log:
        "<logs>/tabulate_observed/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(10),
    params:
        code=code_digest("observed/tabulate_observed.py"),
    script:
        "../workflow/scripts/observed/tabulate_observed.py"


rule plot_observed:
    """Draw observed images with their distributions over time and their nearest training images."""
    input:
        table="<results>/tables/observed/<run_name>.csv",
        times="<results>/tables/observed_times/<run_name>.csv",
        observed="<results>/observed/{dataset}/{sample}/images.hdf5",
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


rule prepare_background:
    """Prepare cut-outs of the sky, whose light is added to the training images of a model."""
    input:
        train="<sample>/train.hdf5",
        images=lambda wildcards: inputs_of_a_rule(CUTOUTS[wildcards.model]),
    output:
        "<results>/backgrounds/{dataset}/{sample}/{model}.hdf5",
    log:
        "<logs>/prepare_background/{dataset}/{sample}/{model}.log",
    conda:
        "../envs/observe.yaml"
    resources:
        mem_mb=megabytes(round(500 + 40 * OBSERVED["largest_megapixels"])),
        runtime=minutes(10, per_gb=20),
    params:
        files=lambda wildcards: CUTOUTS[wildcards.model],
        contents=lambda wildcards: digest_listing(CUTOUTS[wildcards.model]),
        code=code_digest("observed/prepare_background.py"),
    script:
        "../workflow/scripts/observed/prepare_background.py"
