"""Compare the training throughput of different numbers of workers."""

import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.throughput import scaling_table

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_scaling"), whole_file(snakemake.output[0]) as path:
        scaling_table(pd.read_csv(snakemake.input[0])).to_csv(path, index=False)
