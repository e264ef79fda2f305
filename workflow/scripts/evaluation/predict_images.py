"""Let a trained model classify the images that it was tested and validated on."""

from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.targets import read_targets
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "predict_images"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.evaluation.inference import predict_images
        from deepgalaxy.training.model_file import load_network

        targets = read_targets(snakemake.input.properties)
        network = load_network(snakemake.input.model)
        memory = NetworkMemory.read(snakemake.input.training)
        images = batch_size(memory.to_predict, snakemake.resources.image_memory_mib)
        for split in ("test", "validation"):
            predict_images(network, snakemake.input[split], snakemake.output[split], images, targets)
