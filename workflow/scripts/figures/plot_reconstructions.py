"""Draw test images beside what an encoder-decoder makes of them."""

import pandas as pd

from deepgalaxy.figures.reconstructions import plot_reconstructions
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_reconstructions"):
        files = snakemake.input
        plot_reconstructions(files.made, pd.read_csv(files.split), pd.read_csv(files.table), snakemake.output[0])
