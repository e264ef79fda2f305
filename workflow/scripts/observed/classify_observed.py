"""Let a trained model classify observed images, and write what it makes of them and of those it was trained on."""

from deepgalaxy.logs import script_log
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "classify_observed"):
        configure_tensorflow(snakemake.threads)
        import keras

        from deepgalaxy.observed.classify import classify_observed

        classify_observed(
            keras.saving.load_model(snakemake.input.model, safe_mode=True),
            snakemake.input.observed,
            snakemake.input.train,
            snakemake.input.validation,
            snakemake.output[0],
        )
