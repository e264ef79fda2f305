"""Let a trained model classify the images that it was tested and validated on."""

from deepgalaxy.logs import script_log
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "predict_images"):
        configure_tensorflow(snakemake.threads)
        import keras

        from deepgalaxy.evaluation.inference import predict_images

        network = keras.saving.load_model(snakemake.input.model, safe_mode=True)
        for split in ("test", "validation"):
            predict_images(network, snakemake.input[split], snakemake.output[split])
