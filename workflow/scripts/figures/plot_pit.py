"""Draw where in one run's predicted distributions the true times lie."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.pit import plot_pit
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_pit"):
        plot_pit(
            Predictions.read(snakemake.input.predictions), pd.read_csv(snakemake.input.classes), snakemake.output[0]
        )
