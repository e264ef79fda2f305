"""Draw the expected against the true time of each test image, each with the image for whoever points at it."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.dates import plot_dates
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_dates"):
        plot_dates(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.input.prepared,
            snakemake.output[0],
        )
