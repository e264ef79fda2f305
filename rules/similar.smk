"""The search of the encoder-decoders for training images like observed ones.

Parameters: `observed: directory`.
Results: <encoder_run>/observed.hdf5, <results>/tables/similar/ and <results>/figures/similar/
"""

# Encoders that search, if there are observed images.
SEARCHING_NAMES = ENCODER_NAMES if OBSERVED_FILES else []


localrules:
    plot_similar,


rule search_similar:
    """Search for the training images that are most like observed ones, by the vector, however these are turned."""
    input:
        vae="<encoder_run>/vae/model.keras",
        training="<encoder_run>/vae/training.json",
        train="<sample>/train.hdf5",
        split="<sample>/split.csv",
        images=inputs_of_a_rule(OBSERVED_FILES),
    output:
        images="<encoder_run>/observed.hdf5",
        table=report(
            "<results>/tables/similar/<encoder_name>.csv",
            caption="../workflow/report/similar.rst",
            category="Encoder-decoder",
            labels={"content": "training images like observed ones (table)", **ENCODER_LABELS},
        ),
    log:
        "<logs>/search_similar/<encoder_name>.log",
    benchmark:
        "<benchmarks>/search_similar/<encoder_name>.tsv"
    conda:
        "../envs/observe.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        mem_mb=megabytes_of_network("to_predict", beside=round(1000 + 2 * 40 * OBSERVED["largest_megapixels"])),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60),
    params:
        # By a function, so that Snakemake fills in nothing.
        directory=lambda wildcards: OBSERVED["directory"],
        contents=digest_listing(OBSERVED_FILES),
        largest_megapixels=OBSERVED["largest_megapixels"],
        code=code_digest("encoder/search_similar.py"),
    script:
        "../workflow/scripts/encoder/search_similar.py"


rule plot_similar:
    """Draw observed images with the training images that are most like them by the vector."""
    input:
        table="<results>/tables/similar/<encoder_name>.csv",
        observed="<encoder_run>/observed.hdf5",
        train="<sample>/train.hdf5",
    output:
        report(
            "<results>/figures/similar/<encoder_name>.png",
            caption="../workflow/report/similar.rst",
            category="Encoder-decoder",
            labels={"content": "training images like observed ones", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_similar/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_similar.py"),
    script:
        "../workflow/scripts/figures/plot_similar.py"
