"""Draw what a dataset holds, what of it was selected, and how that was split."""

import pandas as pd

from deepgalaxy.figures.sample import plot_sample
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_sample"):
        plot_sample(pd.read_csv(snakemake.input.catalogue), pd.read_csv(snakemake.input.split), snakemake.output[0])
