"""Write the report on all runs."""

import os
from pathlib import Path

import pandas as pd

from deepgalaxy.checksums import sha256
from deepgalaxy.commit import commit_of
from deepgalaxy.logs import script_log
from deepgalaxy.report import Figure, write_report

SECTIONS = {
    "datasets": {
        "contact_sheets": "One merger of {}: times across, cameras down.",
        "samples": "What {} holds: cameras and times of each group, by split.",
        "morphology": "Classical statistics of the images of {} over time: median and 68 % of the images.",
    },
    "training": {"training": "Loss and accuracy of {} over the epochs, in training and in validation."},
    "results": {
        "predictions": "{}: confusion matrix; expected against true time; reliability of the probabilities.",
        "error_figures": "Errors of {} by phase of the merger, simulation, camera, size ratio and mass ratio.",
        "examples": "Test images that {} dates best and worst, and those of which it is most certain and wrong. Below"
        " each: which pixels speak for (orange) and against (purple) the class that it names, by integrated gradients.",
    },
    "observed": {
        "observed_figures": "Observed images as {} sees them, with its distributions over time and neighbours."
    },
    "scaling": {"scaling_figures": "{}: throughput, efficiency and parts of the training time by number of workers."},
}
"""The figures of each section by their names among the rule's inputs, and what they show."""

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_report"):
        files, subjects = snakemake.input, snakemake.params.subjects
        tables = {name: pd.read_csv(files[name]) for name in ("metrics", "summary", "scaling", "throughput", "claims")}
        for name in ("baselines", "errors", "scaling_model", "observed"):
            parts = [
                pd.read_csv(path).pipe(lambda table, subject=subject: table.assign(subject=subject))
                for subject, path in zip(subjects[name], files[name], strict=True)
            ]
            tables[name] = pd.concat(parts) if parts else pd.DataFrame()
        write_report(
            tables=tables,
            figures={
                section: [
                    Figure(path, text.format(subject))
                    for name, text in kinds.items()
                    for subject, path in zip(subjects[name], files[name], strict=True)
                ]
                for section, kinds in SECTIONS.items()
            },
            catalogues={
                name: pd.read_csv(path) for name, path in zip(subjects["datasets"], files.catalogues, strict=True)
            },
            runs=files.runs,
            models=files.scaling_parameters,
            config=snakemake.params.config,
            provenance={
                "Commit": commit_of(Path(__file__).parent),
                "Command": os.environ["DEEPGALAXY_COMMAND"],
            }
            | {
                f"SHA-256 of {name}": sha256(path)
                for name, path in zip(subjects["datasets"], files.datasets, strict=True)
            },
            output=snakemake.output[0],
        )
