"""Join the split tables of all folds of a sample."""

import pandas as pd

from deepgalaxy.evaluation.folds import join_splits
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "join_splits"):
        write_table(join_splits([pd.read_csv(path) for path in snakemake.input]), snakemake.output[0])
