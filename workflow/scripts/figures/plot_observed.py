"""Draw observed mergers, their times, and the simulated ones most like them."""

import pandas as pd

from deepgalaxy.figures.observed import plot_observed
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_observed"):
        plot_observed(
            pd.read_csv(snakemake.input.table),
            pd.read_csv(snakemake.input.times),
            snakemake.input.observed,
            snakemake.input.train,
            snakemake.output[0],
        )
