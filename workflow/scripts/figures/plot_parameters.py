"""Draw the ratios, orbits and spins of the mergers of a sample, by split."""

import pandas as pd

from deepgalaxy.figures.parameters import plot_parameters
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_parameters"):
        plot_parameters(snakemake.input.subset, pd.read_csv(snakemake.input.split), snakemake.output[0])
