"""Draw one tested merger through time, and what a network says of the time at each moment."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.timeline import plot_timeline
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_timeline"):
        plot_timeline(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.input.subset,
            snakemake.output[0],
        )
