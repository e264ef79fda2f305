"""Collect the training throughput of all runs in one table."""

import pandas as pd

from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.counted_epochs import after_warm_up
from deepgalaxy.scaling.throughput import read_last_epochs, summarise_throughput

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_throughput"):
        rows = [
            run | summarise_throughput(after_warm_up(read_last_epochs(epochs, run["workers"])))
            for run, epochs in zip(snakemake.params.runs, snakemake.input, strict=True)
        ]
        write_table(pd.DataFrame(rows), snakemake.output[0])
