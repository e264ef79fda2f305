"""Draw a map of the vectors of test images by time, simulation and line of sight."""

import pandas as pd

from deepgalaxy.figures.latent import plot_latent
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_latent"):
        files = snakemake.input
        plot_latent(files.searches, pd.read_csv(files.split), pd.read_csv(files.table), snakemake.output[0])
