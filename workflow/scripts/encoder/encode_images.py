"""Let an encoder-decoder, and the networks that date images, make vectors of all images of a sample."""

from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "encode_images"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.encoder.encode import encode_images
        from deepgalaxy.training.model_file import load_network

        found = snakemake.input
        records = [found.training, *found.supervised_training]
        most = max(NetworkMemory.read(record).to_predict for record in records)
        networks = dict(zip(snakemake.params.supervised, map(load_network, found.supervised)))
        prepared = {name: found[name] for name in ("train", "validation", "test")}
        images = batch_size(most, snakemake.resources.image_memory_mib)
        encode_images(load_network(found.vae), networks, prepared, snakemake.output[0], images)
