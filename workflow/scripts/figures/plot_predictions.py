"""Draw what one run predicts against the truth."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.predictions import plot_predictions
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_predictions"):
        plot_predictions(
            Predictions.read(snakemake.input.predictions), pd.read_csv(snakemake.input.classes), snakemake.output[0]
        )
