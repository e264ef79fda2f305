"""Fit the model of one study's scaling, and predict larger numbers of workers."""

import json
from pathlib import Path

import pandas as pd

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.model import collect_measurements, predict_scaling
from deepgalaxy.scaling.throughput import read_run

if __name__ == "__main__":
    with script_log(snakemake.log[0], "model_scaling"):
        runs = snakemake.params.runs
        records = [read_run(path, run["workers"]) for run, path in zip(runs, snakemake.input.epochs, strict=True)]
        sweeps = [pd.read_csv(path) for path in snakemake.input.sweeps]
        gradient_bytes = json.loads(Path(snakemake.input.training[0]).read_text())["gradient_bytes"]
        measurements = collect_measurements(runs, records, sweeps, gradient_bytes)
        table, about = predict_scaling(measurements, snakemake.params.seed)
        names = {name: snakemake.wildcards[name] for name in ("dataset", "sample", "model")}
        with whole_file(snakemake.output.csv) as path:
            table.assign(**names)[[*names, *table.columns]].to_csv(path, index=False)
        with whole_file(snakemake.output.json) as path:
            path.write_text(json.dumps(names | about, indent=2) + "\n")
