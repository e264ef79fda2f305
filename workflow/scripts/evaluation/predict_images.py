"""Let a trained model classify the images that it was tested and validated on."""

import pandas as pd

from deepgalaxy.evaluation.turns import turns_that_keep_classes
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "predict_images"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.evaluation.inference import predict_images, predict_validation
        from deepgalaxy.training.model_file import load_network

        network = load_network(snakemake.input.model)
        memory = NetworkMemory.read(snakemake.input.training)
        images = batch_size(memory.to_predict, snakemake.resources.image_memory_mib)
        classes = pd.read_csv(snakemake.input.classes)
        turns = turns_that_keep_classes(snakemake.params.turns, classes)
        files = snakemake.input.validation, snakemake.output.validation
        turns = predict_validation(network, *files, images, turns, classes)
        predict_images(network, snakemake.input.test, snakemake.output.test, images, turns)
