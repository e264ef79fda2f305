"""Tabulate how many isolated galaxies a model calls mergers, and the reverse."""

import pandas as pd

from deepgalaxy.evaluation.isolated import tabulate_isolated
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_isolated"):
        table = tabulate_isolated(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
        )
        write_table(table, snakemake.output[0])
