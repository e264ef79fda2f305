"""Average what the repeats of a run predict."""

import pandas as pd

from deepgalaxy.evaluation.ensembles import average_predictions
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.turns import recorded_turns
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "average_repeats"):
        for name in ("test", "validation"):
            predictions = average_predictions(list(map(Predictions.read, snakemake.input[name])))
            predictions.write(snakemake.output[name], recorded_turns(snakemake.input[name]))
        # Repeats are trained on the same sample.
        write_table(pd.read_csv(snakemake.input.classes[0]), snakemake.output.classes)
