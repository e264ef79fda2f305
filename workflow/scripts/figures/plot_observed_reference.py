"""Draw the times of observed mergers against published ones."""

import pandas as pd

from deepgalaxy.figures.observed_reference import plot_observed_reference
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_observed_reference"):
        agreement = pd.read_csv(snakemake.input.agreement).iloc[0]
        plot_observed_reference(pd.read_csv(snakemake.input.table), agreement, snakemake.output[0])
