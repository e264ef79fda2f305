"""Write the report on all runs."""

from pathlib import Path

import pandas as pd

from deepgalaxy.checksums import sha256
from deepgalaxy.logs import script_log
from deepgalaxy.report import commit_of, write_report

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_report"):
        names = ["/".join(str(value) for value in run.values()) for run in snakemake.params.runs]
        datasets = snakemake.params.datasets
        write_report(
            metrics=pd.read_csv(snakemake.input.metrics),
            throughput=pd.read_csv(snakemake.input.throughput),
            scaling=pd.read_csv(snakemake.input.scaling_table),
            catalogues={name: pd.read_csv(path) for name, path in zip(datasets, snakemake.input.catalogues)},
            figures={
                "datasets": [
                    (f"One merger of {name}: times across, cameras down.", path)
                    for name, path in zip(datasets, snakemake.input.contact_sheets)
                ]
                + [
                    (f"What {sample} holds: cameras and times of each group, by split.", path)
                    for sample, path in zip(snakemake.params.samples, snakemake.input.samples)
                ],
                "training": [
                    (f"Loss and accuracy of {name} over the epochs.", path)
                    for name, path in zip(names, snakemake.input.training_curves)
                ],
                "predictions": [
                    (f"{name}: confusion matrix; expected against true time; reliability of the probabilities.", path)
                    for name, path in zip(names, snakemake.input.predictions)
                ],
                "scaling": [
                    (f"{name}: throughput, efficiency and parts of the training time by number of workers.", path)
                    for name, path in zip(snakemake.params.scaling, snakemake.input.scaling)
                ],
            },
            runs=snakemake.input.runs,
            config=snakemake.params.config,
            provenance={"Commit": commit_of(Path(__file__).parent)}
            | {
                f"SHA-256 of {name}": sha256(path)
                for name, path in zip(datasets, snakemake.input.datasets, strict=True)
            },
            output=snakemake.output[0],
        )
