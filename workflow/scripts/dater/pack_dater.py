"""Pack a trained network, with all that it takes to date an image, into one file."""

from dataclasses import fields

from deepgalaxy.dater.card import card_of
from deepgalaxy.dater.pack import Run, pack_dater
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "pack_dater"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.training.model_file import load_network

        files, about = snakemake.input, snakemake.params
        image_bytes = NetworkMemory.read(files.training).to_predict
        size = batch_size(image_bytes, snakemake.resources.image_memory_mib)
        card = card_of(files, about.run, Frame.of(files.train), about.licence, about.seed)
        run = Run(**{field.name: files[field.name] for field in fields(Run)})
        pack_dater(run, load_network(files.model), about.name, card, image_bytes, size, snakemake.output[0])
