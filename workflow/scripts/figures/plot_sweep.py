"""Draw the validation loss of the combinations of a sweep."""

import pandas as pd

from deepgalaxy.figures.sweep import plot_sweep
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_sweep"):
        plot_sweep(pd.read_csv(snakemake.input[0]), snakemake.output[0])
