"""Draw test images with the training images nearest to them by the vector."""

import pandas as pd

from deepgalaxy.figures.similar import plot_queries
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_queries"):
        files = snakemake.input
        plot_queries(files.latent, pd.read_csv(files.split), files.test, files.train, snakemake.output[0])
