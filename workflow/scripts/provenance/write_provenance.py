"""Write down what each result was made from and how."""

import json
import os
import platform
import socket
from pathlib import Path

from deepgalaxy.files import whole_file
from deepgalaxy.logs import logger, script_log
from deepgalaxy.machine import describe_machine
from deepgalaxy.provenance.commit import commit_of
from deepgalaxy.provenance.trace import (
    describe_jobs,
    describe_results,
    digest_configuration,
    digest_files,
    installed_packages,
    read_job_records,
    trace_results,
)

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_provenance"):
        config = snakemake.params.config
        traced = trace_results(snakemake.input, read_job_records(".snakemake/metadata"))
        digests = digest_files(traced, "config/checksums.txt", snakemake.threads)
        provenance = {
            "commit": commit_of(Path(__file__).parent),
            "seed": config["seed"],
            "configuration": {"sha256": digest_configuration(config), "values": config},
            "software": {"python": platform.python_version(), "snakemake": snakemake.params.snakemake}
            | installed_packages(),
            "machine": describe_machine(),
            "results": describe_results(traced, digests),
            "run": {"command": os.environ["DEEPGALAXY_COMMAND"], "host": socket.gethostname()} | describe_jobs(traced),
        }
        with whole_file(snakemake.output[0]) as path:
            path.write_text(json.dumps(provenance, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        logger.info("%d files, each with its digest and what it was made from", len(traced))
