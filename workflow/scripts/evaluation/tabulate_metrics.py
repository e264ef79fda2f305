"""Collect the metrics of all runs in one table, and sum up repeats."""

import json
from pathlib import Path

import pandas as pd

from deepgalaxy.evaluation.metrics import summarise_repeats
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_metrics"):
        metrics = pd.DataFrame(
            run | json.loads(Path(scores).read_text())
            for run, scores in zip(snakemake.params.runs, snakemake.input, strict=True)
        )
        write_table(metrics, snakemake.output.metrics)
        write_table(summarise_repeats(metrics), snakemake.output.summary)
