"""Write the report on all runs."""

import os
from pathlib import Path

import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.provenance.commit import commit_of
from deepgalaxy.provenance.trace import digest_files
from deepgalaxy.report.page import collect_figures, join_tables, write_report

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_report"):
        files, subjects = snakemake.input, snakemake.params.subjects
        digests = digest_files(files.datasets, "config/checksums.txt", snakemake.threads)
        tables = {name: pd.read_csv(files[name]) for name in ("metrics", "summary", "scaling", "throughput", "claims")}
        for name in ("baselines", "errors", "scaling_model", "observed"):
            tables[name] = join_tables(files[name], subjects[name])
        write_report(
            tables=tables,
            figures=collect_figures(files, subjects),
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
                f"SHA-256 of {name}": digests[path]
                for name, path in zip(subjects["datasets"], files.datasets, strict=True)
            },
            output=snakemake.output[0],
        )
