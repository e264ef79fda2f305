"""Tabulate how much worse a model dates images that are disturbed."""

import pandas as pd

from deepgalaxy.evaluation.robustness_table import tabulate_robustness
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_robustness"):
        tables = (pd.read_csv(snakemake.input[name]) for name in ("classes", "split"))
        write_table(tabulate_robustness(snakemake.input.measured, *tables, snakemake.params.seed), snakemake.output[0])
