"""Let a trained model classify the images that it was tested and validated on."""

from deepgalaxy.logs import script_log
from deepgalaxy.runtime import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "predict_images"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.predict import predict_images

        for split in ("test", "validation"):
            predict_images(snakemake.input.model, snakemake.input[split], snakemake.output[split])
