"""Collect the training throughput of all runs in one table."""

import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.throughput import read_run, summarise_throughput

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_throughput"):
        rows = [
            run | summarise_throughput(read_run(epochs, run["workers"]))
            for run, epochs in zip(snakemake.params.runs, snakemake.input, strict=True)
        ]
        with whole_file(snakemake.output[0]) as path:
            pd.DataFrame(rows).to_csv(path, index=False)
