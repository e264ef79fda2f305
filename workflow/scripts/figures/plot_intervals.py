"""Draw how many of one run's intervals hold the true time."""

import pandas as pd

from deepgalaxy.figures.intervals import plot_intervals
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_intervals"):
        plot_intervals(pd.read_csv(snakemake.input[0], dtype={"value": str}), snakemake.output[0])
