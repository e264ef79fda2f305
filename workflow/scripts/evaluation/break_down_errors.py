"""Tabulate a model's errors by phase, simulation, camera and ratio."""

import pandas as pd

from deepgalaxy.dataset.layout import read_pericentres
from deepgalaxy.evaluation.error_breakdown import break_down_errors
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "break_down_errors"):
        table = break_down_errors(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            read_pericentres(snakemake.input.subset),
        )
        write_table(table, snakemake.output[0])
