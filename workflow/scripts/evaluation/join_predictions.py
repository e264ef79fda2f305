"""Join what the runs of all folds of a sample predict."""

import pandas as pd

from deepgalaxy.evaluation.folds import join_predictions
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import read_turns
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "join_predictions"):
        split = pd.read_csv(snakemake.input.split)
        for name in ("test", "validation"):
            predictions = join_predictions(list(map(Predictions.read, snakemake.input[name])), split)
            predictions.write(snakemake.output[name], list(map(read_turns, snakemake.input[name])))
        # Classes are made before the images are split.
        write_table(pd.read_csv(snakemake.input.classes[0]), snakemake.output.classes)
