"""Let simple models predict the held-out images, and score them like the networks."""

import pandas as pd

from deepgalaxy.baselines.fits import predict_from_morphology
from deepgalaxy.baselines.pixels import predict_from_pixels
from deepgalaxy.baselines.scores import score_baselines
from deepgalaxy.evaluation.baseline_predictions import write_baselines
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "score_baselines"):
        morphology, classes, split = (pd.read_csv(snakemake.input[name]) for name in ("morphology", "classes", "split"))
        baselines = [
            *predict_from_morphology(morphology, split, len(classes)),
            *predict_from_pixels(snakemake.input.components, split, classes),
        ]
        table = score_baselines(baselines, classes, split, snakemake.params.seed)
        write_baselines(baselines, snakemake.output.predictions)
        write_table(table, snakemake.output.table)
        for row in table.itertuples():
            logger.info("%s: accuracy %.3f, median error %.0f Myr", row.baseline, row.accuracy, row.median_error_myr)
