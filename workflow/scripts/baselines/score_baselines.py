"""Score simple models on the morphology of the held-out images."""

import pandas as pd

from deepgalaxy.baselines.fits import score_baselines
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "score_baselines"):
        table = score_baselines(
            pd.read_csv(snakemake.input.morphology),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
        )
        write_table(table, snakemake.output[0])
        for row in table.itertuples():
            logger.info("%s: accuracy %.3f, median error %.0f Myr", row.baseline, row.accuracy, row.median_error_myr)
