"""Write the report on all runs."""

import os
from pathlib import Path

from deepgalaxy.logs import script_log
from deepgalaxy.report.contents import name_origin, read_contents
from deepgalaxy.report.page import write_report

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_report"):
        subjects = snakemake.params.subjects
        origin = name_origin(
            source=Path(__file__).parent,
            command=os.environ["DEEPGALAXY_COMMAND"],
            datasets=dict(zip(subjects["dataset"], snakemake.input.datasets, strict=True)),
            checksums="config/checksums.txt",
            processes=snakemake.threads,
        )
        contents = read_contents(snakemake.input, subjects, snakemake.params.shown)
        write_report(contents, snakemake.params.config, origin, snakemake.output[0])
