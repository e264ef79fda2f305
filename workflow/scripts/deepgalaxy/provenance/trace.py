"""What each result was made from and how, by digest, so that one can walk from a number back to its origin."""

import ast
import base64
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256 as sha256_of_bytes
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from deepgalaxy.checksums import changed_sentence, is_as_accepted, read_checksums, sha256
from deepgalaxy.logs import progress
from deepgalaxy.parallel import in_processes


def read_job_records(directory: str | Path) -> dict[str, dict]:
    """Return Snakemake's record of the job that made a file, for each file that it has made, by the file's path.

    ``directory`` is ``.snakemake/metadata``: a JSON file for each output, named by the Base64 of the output's path; a
    name too long for a file is cut into directories with an @ before their names. Paths of inputs are returned relative
    to the working directory.
    """
    records = {}
    for file in Path(directory).rglob("*"):
        if file.is_file():
            name = "".join(part.removeprefix("@") for part in file.relative_to(directory).parts)
            try:
                record = json.loads(file.read_text(encoding="utf-8"))
            except json.JSONDecodeError:
                continue  # one that is being written, of another job that runs at the same time
            record["input"] = list(map(os.path.relpath, record["input"]))
            record["input_checksums"] = {
                os.path.relpath(path): digest for path, digest in record["input_checksums"].items()
            }
            records[base64.urlsafe_b64decode(name).decode()] = record
    return records


def trace_results(results: Iterable[str], records: Mapping[str, dict]) -> dict[str, dict | None]:
    """Return the records of ``results``, of all that they were made from, and of what else the same jobs made.

    They are sorted by path. A file that a job read, but that none made, has None. Snakemake records no benchmarks;
    one is found by its job's log, which has the same name. Raises ValueError if a result has no record, or if a file
    is missing.
    """
    benchmarks = {benchmark_of(log): record for record in records.values() for log in record["log"]}
    made_together = defaultdict(list)
    for path, record in records.items():
        made_together[_job(record)].append(path)
    results = list(map(str, results))
    unknown = sorted(set(results) - records.keys())
    if unknown:
        raise ValueError(
            f"Snakemake has no record of how {unknown[0]} was made. Delete it and run again, without --drop-metadata"
            " and with --persistence-backend file, the default."
        )
    traced: dict[str, dict | None] = {}
    pending = results
    while pending:
        path = pending.pop()
        if path in traced:
            continue
        if not Path(path).exists():
            raise ValueError(f"{path}, from which results were made, is missing. Restore it, or make them again.")
        traced[path] = made_by = records.get(path) or benchmarks.get(path)
        if made_by:
            pending += made_by["input"]
            pending += [other for other in made_together[_job(made_by)] if Path(other).exists()]
    return dict(sorted(traced.items()))


def benchmark_of(log: str) -> str:
    """Return the path of the benchmark of the job that has this log.

    >>> benchmark_of("logs/simulate_galaxies/tiny/s_1_m_1.log")
    'benchmarks/simulate_galaxies/tiny/s_1_m_1.tsv'
    """
    return str(Path("benchmarks", *Path(log).parts[1:]).with_suffix(".tsv"))


def _job(record: Mapping) -> str:
    """Return what the records of all outputs of a job have in common."""
    return json.dumps([record[key] for key in ("rule", "log", "input", "params")])


def digest_files(paths: Iterable[str], checksums: str | Path, processes: int) -> dict[str, str]:
    """Return the SHA-256 of each file in hexadecimal; large ones are hashed first, by several processes.

    A dataset that is as it was when it was found to have the digest pinned in ``checksums`` is not hashed again. Raises
    ValueError if one has another digest.
    """
    pinned = read_checksums(checksums)
    digests = {path: pinned[path] for path in paths if path in pinned and is_as_accepted(path, pinned[path])}
    paths = sorted(set(paths) - digests.keys(), key=_size, reverse=True)
    hashed = in_processes(_path_and_digest, paths, processes)
    total = sum(map(_size, paths))
    digests |= progress(hashed, total, "bytes of results hashed", amount=lambda pair: _size(pair[0]))
    for path in pinned.keys() & digests.keys():
        if digests[path] != pinned[path]:
            raise ValueError(changed_sentence(path, digests[path], pinned[path], checksums))
    return digests


def _size(path: str) -> int:
    """Return the size of a file in bytes."""
    return Path(path).stat().st_size


def _path_and_digest(path: str) -> tuple[str, str]:
    return path, sha256(path)


def describe_results(traced: Mapping[str, dict | None], digests: Mapping[str, str]) -> dict[str, dict]:
    """Return for each file its digest and size, and which rule made it from which inputs by which parameters.

    Snakemake records parameters by value, sorted, without their names; one is the digest of the code that ran. Raises
    ValueError if a file has changed since another was made from it: Snakemake notes the digests of small inputs.
    """
    described = {}
    for path, record in traced.items():
        described[path] = {"sha256": digests[path], "bytes": _size(path)}
        if record:
            described[path] |= {
                "rule": record["rule"],
                "inputs": record["input"],
                "parameters": [_value(parameter) for parameter in record["params"]],
                "log": record["log"],
            }
            for name in record["input"]:
                noted = record["input_checksums"].get(name)
                if noted and noted != f"sha256:{digests[name]}":
                    rule = (traced[name] or record)["rule"]
                    raise ValueError(
                        f"{name} has changed since {path} was made from it. Run again with --forcerun {rule}."
                    )
    return described


def _value(parameter: str) -> Any:
    """Return the value of a parameter that Snakemake recorded as Python shows it, or the text if it is no literal."""
    try:
        return ast.literal_eval(parameter)
    except (SyntaxError, ValueError):
        return parameter


def describe_jobs(traced: Mapping[str, dict | None]) -> dict:
    """Return when the first job started and the last one ended, and the same for the job of each file, in UTC."""
    times = {
        path: {
            "started": _utc(record["starttime"]),
            # Snakemake takes the time of the file, which for a link is that of what it points to.
            "finished": _utc(max(record["starttime"], record["endtime"])),
        }
        for path, record in traced.items()
        if record
    }
    return {
        "started": min(time["started"] for time in times.values()),
        "finished": max(time["finished"] for time in times.values()),
        "jobs": times,
    }


def _utc(seconds: float) -> str:
    """Return a time in seconds since 1970 as ISO 8601 has it, to the second."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def digest_configuration(configuration: Mapping) -> str:
    """Return the SHA-256 of a configuration as JSON with sorted keys and no spaces, in hexadecimal."""
    return sha256_of_bytes(json.dumps(configuration, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def installed_packages() -> dict[str, str]:
    """Return the versions of the Python packages of this environment by their names in small letters, sorted."""
    return dict(sorted((package.name.lower(), package.version) for package in distributions()))
