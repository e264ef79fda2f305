"""Let a trained model classify observed images, and write its features of these and of the training images."""

from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "classify_observed"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.observed.classify import classify_observed
        from deepgalaxy.training.model_file import load_network

        memory = NetworkMemory.read(snakemake.input.training)
        classify_observed(
            load_network(snakemake.input.model),
            snakemake.input.observed,
            snakemake.input.train,
            snakemake.input.validation,
            snakemake.output[0],
            batch_size(memory.to_predict, snakemake.resources.image_memory_mib),
        )
