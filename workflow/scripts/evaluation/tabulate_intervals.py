"""Tabulate how many intervals of a run hold the true time: of all images, by phase and by simulation."""

import pandas as pd

from deepgalaxy.dataset.layout import read_pericentres
from deepgalaxy.evaluation.interval_breakdown import tabulate_intervals
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_intervals"):
        table = tabulate_intervals(
            Predictions.read(snakemake.input.predictions),
            Predictions.read(snakemake.input.validation),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            read_pericentres(snakemake.input.subset),
            snakemake.params.seed,
        )
        write_table(table, snakemake.output[0])
        logger.info("intervals are %s", table["intervals"].iloc[0])
