"""Write down what each result was made from and how."""

import os
from pathlib import Path

from deepgalaxy.files import write_json
from deepgalaxy.logs import logger, script_log
from deepgalaxy.provenance.document import describe_provenance
from deepgalaxy.provenance.trace import read_job_records

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_provenance"):
        records = read_job_records(".snakemake/metadata")
        provenance = describe_provenance(
            snakemake.input,
            {path: record for path, record in records.items() if path not in snakemake.params.given},
            "config/checksums.txt",
            config=snakemake.params.config,
            source=Path(__file__).parent,
            snakemake=snakemake.params.snakemake,
            command=os.environ["DEEPGALAXY_COMMAND"],
            processes=snakemake.threads,
        )
        write_json(provenance, snakemake.output[0])
        logger.info("%d files, each with its digest and what it was made from", len(provenance["results"]))
