"""The provenance of all results, as one document."""

import platform
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from deepgalaxy.machine import describe_machine
from deepgalaxy.provenance.commit import commit_of
from deepgalaxy.provenance.trace import (
    describe_jobs,
    describe_results,
    digest_configuration,
    digest_files,
    installed_packages,
    trace_results,
)
from deepgalaxy.version import PROJECT, workflow_version


def describe_provenance(
    results: Iterable[str],
    records: Mapping[str, dict],
    checksums: str | Path,
    config: Mapping,
    source: str | Path,
    snakemake: str,
    command: str,
    processes: int,
) -> dict:
    """Return what ``results``, and all files on the way to them, were made from and how; see docs/provenance.md.

    ``records`` are those of ``read_job_records``; ``checksums`` is the file of pinned digests, ``config`` the
    configuration, ``source`` a directory of the workflow, ``snakemake`` the version and ``command`` the command line
    that ran it. Files are hashed by so many ``processes``. Raises ValueError as ``trace_results`` and
    ``describe_results`` do.
    """
    traced = trace_results(results, records)
    return {
        "commit": commit_of(source),
        "seed": config["seed"],
        "configuration": {"sha256": digest_configuration(config), "values": config},
        "software": {"python": platform.python_version(), "snakemake": snakemake}
        | installed_packages()
        | {PROJECT: workflow_version()},  # which may not be the one installed here
        "machine": describe_machine(),
        "results": describe_results(traced, digest_files(traced, checksums, processes)),
        "run": {"command": command, "host": socket.gethostname()} | describe_jobs(traced),
    }
