"""Draw how much worse one run dates images that are disturbed."""

import pandas as pd

from deepgalaxy.figures.robustness import plot_robustness
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_robustness"):
        plot_robustness(pd.read_csv(snakemake.input[0]), snakemake.output[0])
