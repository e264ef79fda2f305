"""Collect the training throughput of all runs in one table."""

import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.throughput import summarise_throughput
from deepgalaxy.training.record import read_records

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_throughput"):
        rows = [
            run | summarise_throughput(read_records(epochs))
            for run, epochs in zip(snakemake.params.runs, snakemake.input, strict=True)
        ]
        with whole_file(snakemake.output[0]) as path:
            pd.DataFrame(rows).to_csv(path, index=False)
