"""What one sees of the encoder-decoders: figures, and a walk through the vector.

Results: <encoder_run>/walk.hdf5 and <results>/figures/
"""

# Those that the report shows: of repeats and folds, the first.
SHOWN_ENCODERS = [
    name
    for name, encoder in zip(ENCODER_NAMES, encoder_runs(config))
    if encoder["repeat"] == 0 and parse_fold(encoder["sample"])[1] in (None, "1")
]
# Models that classify the maps of a frozen encoder, each with those that are trained end to end with the same backbone.
ON_MAPS = {
    name: [
        other
        for other in EXPERIMENT["models"]
        if not MODELS[other].get("encoder") and MODELS[other]["architecture"] == MODELS[name]["architecture"]
    ]
    for name in EXPERIMENT["models"]
    if MODELS[name].get("encoder") and MODELS[name]["frozen"]
}


localrules:
    plot_reconstructions,
    plot_latent,
    plot_retrieval,
    plot_queries,
    plot_walk,


rule plot_reconstructions:
    """Draw test images beside what the autoencoder and the vector make of them, worst to best."""
    input:
        made="<encoder_run>/reconstructions.hdf5",
        split="<sample>/split.csv",
        table="<results>/tables/encoders/reconstruction/<encoder_name>.csv",
    output:
        report(
            "<results>/figures/reconstructions/<encoder_name>.png",
            caption="../workflow/report/reconstructions.rst",
            category="Encoder-decoder",
            labels={"content": "reconstructions", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_reconstructions/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_reconstructions.py"),
    script:
        "../workflow/scripts/figures/plot_reconstructions.py"


rule plot_latent:
    """Draw a map of the vectors by time, simulation and line of sight."""
    input:
        searches="<encoder_run>/searches.hdf5",
        split="<sample>/split.csv",
        table="<results>/tables/encoders/latent/<encoder_name>.csv",
    output:
        report(
            "<results>/figures/latent/<encoder_name>.png",
            caption="../workflow/report/latent.rst",
            category="Encoder-decoder",
            labels={"content": "map of the vectors", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_latent/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_latent.py"),
    script:
        "../workflow/scripts/figures/plot_latent.py"


rule plot_retrieval:
    """Draw how far apart in time similar images are, by rank and by phase."""
    input:
        searches="<encoder_run>/searches.hdf5",
        split="<sample>/split.csv",
        table="<results>/tables/encoders/latent/<encoder_name>.csv",
    output:
        report(
            "<results>/figures/retrieval/<encoder_name>.svg",
            caption="../workflow/report/retrieval.rst",
            category="Encoder-decoder",
            labels={"content": "retrieval", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_retrieval/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_retrieval.py"),
    script:
        "../workflow/scripts/figures/plot_retrieval.py"


rule plot_queries:
    """Draw test images with the training images nearest to them by the vector."""
    input:
        latent="<encoder_run>/latent.hdf5",
        split="<sample>/split.csv",
        test="<sample>/test.hdf5",
        train="<sample>/train.hdf5",
    output:
        report(
            "<results>/figures/queries/<encoder_name>.png",
            caption="../workflow/report/queries.rst",
            category="Encoder-decoder",
            labels={"content": "similar training images", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_queries/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_queries.py"),
    script:
        "../workflow/scripts/figures/plot_queries.py"


rule walk_through_vector:
    """Decode the points between the vectors of two test images of one merger."""
    input:
        autoencoder="<encoder_run>/autoencoder/model.keras",
        vae="<encoder_run>/vae/model.keras",
        training="<encoder_run>/vae/training.json",
        test="<sample>/test.hdf5",
        split="<sample>/split.csv",
    output:
        "<encoder_run>/walk.hdf5",
    log:
        "<logs>/walk_through_vector/<encoder_name>.log",
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        mem_mb=megabytes_of_network("to_predict"),
        runtime=minutes(10),
    params:
        code=code_digest("encoder/walk_through_vector.py"),
    script:
        "../workflow/scripts/encoder/walk_through_vector.py"


rule plot_walk:
    """Draw the steps of the walk beside what was simulated and a blend of its ends."""
    input:
        "<encoder_run>/walk.hdf5",
    output:
        report(
            "<results>/figures/walk/<encoder_name>.png",
            caption="../workflow/report/walk.rst",
            category="Encoder-decoder",
            labels={"content": "walk through the vector", **ENCODER_LABELS},
        ),
    log:
        "<logs>/plot_walk/<encoder_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_walk.py"),
    script:
        "../workflow/scripts/figures/plot_walk.py"
