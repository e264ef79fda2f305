"""Collect the metrics of all runs in one table, ranked by validation, and summarise repeats."""

import pandas as pd

from deepgalaxy.evaluation.metrics import summarise_repeats
from deepgalaxy.evaluation.ranking import rank_runs
from deepgalaxy.files import read_json, write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_metrics"):
        metrics = pd.DataFrame(
            run | read_json(scores) for run, scores in zip(snakemake.params.runs, snakemake.input, strict=True)
        )
        write_table(rank_runs(metrics), snakemake.output.metrics)
        write_table(summarise_repeats(metrics), snakemake.output.summary)
