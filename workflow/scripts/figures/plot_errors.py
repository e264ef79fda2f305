"""Draw what the errors of one run depend on."""

import pandas as pd

from deepgalaxy.figures.errors import plot_errors
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_errors"):
        plot_errors(pd.read_csv(snakemake.input[0], dtype={"value": str}), snakemake.output[0])
