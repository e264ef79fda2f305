"""Decode the points between the vectors of two test images of one merger."""

import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "walk_through_vector"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.encoder.walk import walk
        from deepgalaxy.training.model_file import load_network

        files = snakemake.input
        networks = load_network(files.autoencoder), load_network(files.vae)
        walk(*networks, files.test, pd.read_csv(files.split), snakemake.output[0])
