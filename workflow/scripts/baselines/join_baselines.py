"""Join what the baselines of all folds of a sample predict, and score it."""

import pandas as pd

from deepgalaxy.baselines.scores import score_baselines
from deepgalaxy.evaluation.baseline_predictions import read_baselines, write_baselines
from deepgalaxy.evaluation.folds import join_baselines
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "join_baselines"):
        split = pd.read_csv(snakemake.input.split)
        baselines = join_baselines(list(map(read_baselines, snakemake.input.baselines)), split)
        # Classes are made before the images are split.
        table = score_baselines(baselines, pd.read_csv(snakemake.input.classes[0]), split, snakemake.params.seed)
        write_baselines(baselines, snakemake.output.predictions)
        write_table(table, snakemake.output.table)
