"""Draw images that a network dates well and badly, and where it looks."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.examples import plot_examples
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_examples"):
        plot_examples(
            snakemake.input.examples,
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.output[0],
        )
