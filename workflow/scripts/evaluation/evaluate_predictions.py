"""Score a model's predictions of the held-out images."""

import json

import pandas as pd

from deepgalaxy.evaluation.metrics import score_predictions
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import whole_file
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "evaluate_predictions"):
        metrics = score_predictions(
            Predictions.read(snakemake.input.predictions),
            Predictions.read(snakemake.input.validation),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
        )
        with whole_file(snakemake.output[0]) as path:
            path.write_text(json.dumps(metrics, indent=2) + "\n")
        logger.info(
            "accuracy %.3f (chance %.3f), median error %.0f Myr (%.0f Myr for the median time)",
            *(metrics[name] for name in ("accuracy", "chance", "median_error_myr", "baseline_median_error_myr")),
        )
