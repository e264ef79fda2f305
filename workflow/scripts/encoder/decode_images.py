"""Let an encoder-decoder make the test images again."""

from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "decode_images"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.encoder.decode import decode_images
        from deepgalaxy.training.model_file import load_network

        found = snakemake.input
        images = batch_size(NetworkMemory.read(found.training).to_predict, snakemake.resources.image_memory_mib)
        networks = load_network(found.autoencoder), load_network(found.vae)
        decode_images(*networks, found.test, snakemake.output[0], images)
