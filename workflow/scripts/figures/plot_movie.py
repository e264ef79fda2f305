"""Show one tested merger through time, and what a network says of the time at each moment, as a movie."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.timeline import make_movie
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_movie"):
        make_movie(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.input.subset,
            snakemake.output[0],
        )
