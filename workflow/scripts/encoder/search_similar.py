"""Search for the training images that are most like observed ones."""

import pandas as pd

from deepgalaxy.encoder.observed import search_similar, write_images
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.observed.batches import prepare_observations
from deepgalaxy.observed.observation import list_observations
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "search_similar"):
        files, asked, threads = snakemake.input, snakemake.params, snakemake.threads
        frame, observed = Frame.of(files.train), list_observations([asked.directory])
        rows, images = next(prepare_observations(observed, frame, asked.largest_megapixels, threads, len(observed)))
        configure_tensorflow(threads)
        from deepgalaxy.training.model_file import load_network

        size = batch_size(NetworkMemory.read(files.training).to_predict, snakemake.resources.image_memory_mib)
        found = load_network(files.vae), files.train, pd.read_csv(files.split), frame, rows, images, size
        write_images(images, snakemake.output.images)
        write_table(search_similar(*found), snakemake.output.table)
