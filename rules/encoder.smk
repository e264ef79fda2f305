"""The paper's encoder-decoder: an autoencoder of images, a variational one of its activation maps, and how good they are.

Parameters: `experiment: encoders`, `encoders`, and `seed`. Without encoders there is nothing to do; the folds of a sample have
each their own.
Results: <encoder_run>/autoencoder/ and vae/, latent.hdf5 and reconstructions.hdf5, <results>/tables/encoders/
"""


pathvars:
    encoder_name=constrain(ENCODER_RUN),
    encoder_run="<results>/encoders/<encoder_name>",


use rule train_model as train_autoencoder with:
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<sample>/classes.csv",
        properties="<sample>/properties.csv",
        background=[],
    output:
        model="<encoder_run>/autoencoder/model.keras",
        epochs="<encoder_run>/autoencoder/epochs.jsonl",
        train_log="<encoder_run>/autoencoder/train_log.txt",
        training="<encoder_run>/autoencoder/training.json",
    log:
        "<logs>/train_autoencoder/<encoder_name>.log",
    benchmark:
        "<benchmarks>/train_autoencoder/<encoder_name>.tsv"
    params:
        options=stage_options_of("autoencoder", "reconstruction"),
        seed=stage_seed("autoencoder", "repeat"),


use rule train_model as train_vae with:
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<sample>/classes.csv",
        properties="<sample>/properties.csv",
        autoencoder="<encoder_run>/autoencoder/model.keras",
        background=[],
    output:
        model="<encoder_run>/vae/model.keras",
        epochs="<encoder_run>/vae/epochs.jsonl",
        train_log="<encoder_run>/vae/train_log.txt",
        training="<encoder_run>/vae/training.json",
    log:
        "<logs>/train_vae/<encoder_name>.log",
    benchmark:
        "<benchmarks>/train_vae/<encoder_name>.tsv"
    params:
        options=stage_options_of("vae", "latent_bound"),
        seed=stage_seed("vae", "repeat"),


rule encode_images:
    """Let the encoder-decoder, and the experiment's networks, make vectors of all images of a sample."""
    input:
        vae="<encoder_run>/vae/model.keras",
        training="<encoder_run>/vae/training.json",
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        test="<sample>/test.hdf5",
        supervised=models_beside_encoder("model.keras"),
        supervised_training=models_beside_encoder("training.json"),
    output:
        "<encoder_run>/latent.hdf5",
    log:
        "<logs>/encode_images/<encoder_name>.log",
    benchmark:
        "<benchmarks>/encode_images/<encoder_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        mem_mb=megabytes_of_network("to_predict"),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(20, per_gb=300),
    params:
        supervised=EXPERIMENT["models"],
        code=code_digest("encoder/encode_images.py"),
    script:
        "../workflow/scripts/encoder/encode_images.py"


rule decode_images:
    """Let the encoder-decoder make the test images again, from activation maps and from vectors."""
    input:
        autoencoder="<encoder_run>/autoencoder/model.keras",
        vae="<encoder_run>/vae/model.keras",
        training="<encoder_run>/autoencoder/training.json",
        test="<sample>/test.hdf5",
    output:
        "<encoder_run>/decoded.hdf5",
    log:
        "<logs>/decode_images/<encoder_name>.log",
    benchmark:
        "<benchmarks>/decode_images/<encoder_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: 2
    resources:
        mem_mb=megabytes_of_network("to_predict"),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=120),
    params:
        code=code_digest("encoder/decode_images.py"),
    script:
        "../workflow/scripts/encoder/decode_images.py"


rule reconstruct_images:
    """Measure how well test images come back from the encoder-decoder, and from what needs no network."""
    input:
        decoded="<encoder_run>/decoded.hdf5",
        train="<sample>/train.hdf5",
        test="<sample>/test.hdf5",
    output:
        "<encoder_run>/reconstructions.hdf5",
    log:
        "<logs>/reconstruct_images/<encoder_name>.log",
    benchmark:
        "<benchmarks>/reconstruct_images/<encoder_name>.tsv"
    conda:
        "../envs/report.yaml"
    threads: 8
    resources:
        mem_mb=megabytes(MACHINE["memory_budget_mib"] + 2000),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(30, per_gb=120),
    params:
        latent=lambda wildcards: config["encoders"][wildcards.encoder]["latent"],
        seed=stage_seed("reconstruct", "repeat"),
        code=code_digest("encoder/reconstruct_images.py"),
    script:
        "../workflow/scripts/encoder/reconstruct_images.py"


rule score_encoder:
    """Tabulate how well images come back, and whether images that are similar in a space are near in time."""
    input:
        latent="<encoder_run>/latent.hdf5",
        reconstructions="<encoder_run>/reconstructions.hdf5",
        train="<sample>/train.hdf5",
        test="<sample>/test.hdf5",
        morphology="<sample>/morphology.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        searches="<encoder_run>/searches.hdf5",
        reconstruction=report(
            "<results>/tables/encoders/reconstruction/<encoder_name>.csv",
            caption="../workflow/report/encoder_reconstruction.rst",
            category="Results",
            labels={"content": "images made again", **ENCODER_LABELS},
        ),
        latent=report(
            "<results>/tables/encoders/latent/<encoder_name>.csv",
            caption="../workflow/report/encoder_latent.rst",
            category="Results",
            labels={"content": "similar images", **ENCODER_LABELS},
        ),
    log:
        "<logs>/score_encoder/<encoder_name>.log",
    benchmark:
        "<benchmarks>/score_encoder/<encoder_name>.tsv"
    conda:
        "../envs/report.yaml"
    threads: 8
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(60),
    params:
        seed=stage_seed("encoder", "repeat"),
        code=code_digest("encoder/score_encoder.py"),
    script:
        "../workflow/scripts/encoder/score_encoder.py"
