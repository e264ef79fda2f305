"""Tabulate a model's errors by phase, simulation, camera and ratio."""

import pandas as pd

from deepgalaxy.error_breakdown import break_down_errors
from deepgalaxy.files import whole_file
from deepgalaxy.image_file import read_pericentres
from deepgalaxy.logs import script_log
from deepgalaxy.predictions import Predictions

if __name__ == "__main__":
    with script_log(snakemake.log[0], "break_down_errors"):
        table = break_down_errors(
            Predictions.read(snakemake.input.predictions),
            pd.read_csv(snakemake.input.classes),
            pd.read_csv(snakemake.input.split),
            read_pericentres(snakemake.input.subset),
        )
        with whole_file(snakemake.output[0]) as path:
            table.to_csv(path, index=False)
