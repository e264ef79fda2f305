"""Draw how far apart in time similar images are, by rank and by phase."""

import pandas as pd

from deepgalaxy.figures.retrieval import plot_retrieval
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_retrieval"):
        files = snakemake.input
        plot_retrieval(files.searches, pd.read_csv(files.split), pd.read_csv(files.table), snakemake.output[0])
