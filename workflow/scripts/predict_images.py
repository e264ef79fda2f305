"""Let a trained model classify the held-out images."""

from deepgalaxy.logs import script_log
from deepgalaxy.predict import predict_images

if __name__ == "__main__":
    with script_log(snakemake.log[0], "predict_images"):
        predict_images(snakemake.input.model, snakemake.input.images, snakemake.threads, snakemake.output[0])
