"""Hold what the DeepGalaxy paper claims against the results of all runs."""

import json
from pathlib import Path

import h5py
import pandas as pd

from deepgalaxy.evaluation.claims import Results, judge_claims
from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log


def benchmark_seconds(path: str) -> float:
    """Return the wall time of a job in seconds, the mean of its attempts, from Snakemake's benchmark file."""
    return pd.read_csv(path, sep="\t")["s"].mean()


def count_images(path: str) -> int:
    """Return the number of images in a file of predictions."""
    with h5py.File(path) as file:
        return len(file["label"])


if __name__ == "__main__":
    with script_log(snakemake.log[0], "judge_claims"):
        files = snakemake.input
        images = [sum(map(count_images, pair)) for pair in zip(files.test, files.validation, strict=True)]
        seconds = map(benchmark_seconds, files.predicting)
        models = [
            pd.read_csv(table)
            for table, about in zip(files.scaling_model, files.scaling_parameters, strict=True)
            if json.loads(Path(about).read_text())["overhead_told_from_latency"]
        ]
        claims = judge_claims(
            Results(
                metrics=pd.read_csv(files.metrics),
                published=set(snakemake.params.published),
                catalogues={
                    name: pd.read_csv(path)
                    for name, path in zip(snakemake.params.datasets, files.catalogues, strict=True)
                },
                scaling=pd.read_csv(files.scaling),
                model=pd.concat([pd.DataFrame({"workers": []}), *models]),
                simulation_seconds=[benchmark_seconds(path) for path in files.simulating],
                inference_seconds=[time / count for time, count in zip(seconds, images, strict=True)],
            )
        )
        with whole_file(snakemake.output[0]) as path:
            claims.to_csv(path, index=False)
