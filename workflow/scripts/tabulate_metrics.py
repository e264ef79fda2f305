"""Collect the metrics of all runs in one table."""

import json
from pathlib import Path

import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_metrics"):
        rows = [
            run | json.loads(Path(metrics).read_text())
            for run, metrics in zip(snakemake.params.runs, snakemake.input, strict=True)
        ]
        with whole_file(snakemake.output[0]) as path:
            pd.DataFrame(rows).to_csv(path, index=False)
