"""Draw how the morphology of the images changes over the mergers."""

import pandas as pd

from deepgalaxy.dataset.layout import read_pericentres
from deepgalaxy.figures.morphology import plot_morphology
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_morphology"):
        plot_morphology(
            pd.read_csv(snakemake.input.morphology),
            pd.read_csv(snakemake.input.split),
            read_pericentres(snakemake.input.subset),
            snakemake.output[0],
        )
