"""Score a model's predictions of the held-out images."""

import pandas as pd

from deepgalaxy.evaluation.metrics import score_predictions
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_json
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "evaluate_predictions"):
        metrics = score_predictions(
            Predictions.read(snakemake.input.predictions),
            Predictions.read(snakemake.input.validation),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
            [pd.read_csv(split) for split in snakemake.input.before] if snakemake.params.all_known else None,
        )
        write_json(metrics, snakemake.output[0])
        logger.info(
            "accuracy %(accuracy).3f (chance %(chance).3f), median error %(median_error_myr).0f Myr (always the median"
            " time: %(baseline_median_error_myr).0f Myr; the right class: %(median_error_floor_myr).1f Myr)",
            metrics,
        )
