"""Draw observed images with the training images that are most like them."""

import pandas as pd

from deepgalaxy.figures.similar import plot_similar
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_similar"):
        files = snakemake.input
        plot_similar(pd.read_csv(files.table), files.observed, files.train, snakemake.output[0])
