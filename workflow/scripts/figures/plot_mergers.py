"""Draw several mergers of a dataset side by side."""

import pandas as pd

from deepgalaxy.figures.mergers import plot_mergers
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_mergers"):
        plot_mergers(snakemake.input.dataset, pd.read_csv(snakemake.input.catalogue), snakemake.output[0])
