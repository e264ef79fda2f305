"""Tabulate the times of observed mergers, and the simulated ones most like them."""

import pandas as pd

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log
from deepgalaxy.observed.table import tabulate_observed

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_observed"):
        table, times = tabulate_observed(
            pd.read_csv(snakemake.input.files),
            snakemake.input.classified,
            Predictions.read(snakemake.input.validation),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
        )
        for row in table[table["novelty"] > 1].itertuples():
            logger.warning("%s: %s", row.file, row.warning)
        write_table(table, snakemake.output.table)
        write_table(times, snakemake.output.times)
