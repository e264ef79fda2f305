"""What is asked of SLURM: how much time a job has left, and which jobs an earlier run of the workflow left behind."""

import os
import re
import subprocess
import time
from collections.abc import Collection


def seconds_left(job_id: str) -> float | None:
    """Return the seconds until a job's time limit, or None if it has none.

    Raises ValueError if SLURM does not say.
    """
    return parse_time_left(_ask("squeue", "--noheader", f"--jobs={job_id}", "--format=%L"))


def parse_time_left(text: str) -> float | None:
    """Return the seconds of ``[days-][[hours:]minutes:]seconds``, or None for a job without a limit.

    Raises ValueError for anything else.
    """
    text = text.strip()
    if text in ("UNLIMITED", "NOT_SET"):
        return None
    match = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)??(?:(\d+):)?(\d+)", text)
    if not match:
        raise ValueError(f"SLURM reports the time left as {text!r}, which is not a time.")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return 86400.0 * days + 3600 * hours + 60 * minutes + seconds


def jobs_here(prefix: str, directory: str, *fields: str) -> list[list[str]]:
    """Return id and ``fields``, as squeue's ``--format`` has them, of each of this user's unfinished jobs in
    ``directory`` whose names start with ``prefix``.

    Raises ValueError if SLURM does not say.
    """
    lines = _ask("squeue", "--noheader", "--me", f"--format={'|'.join(('%i', *fields, '%j', '%Z'))}").splitlines()
    jobs = (line.split("|", len(fields) + 2) for line in lines)
    return [
        job
        for *job, name, place in jobs
        if name.startswith(f"{prefix}_") and os.path.realpath(place) == os.path.realpath(directory)
    ]


def cancel_jobs(job_ids: Collection[str]) -> None:
    """Cancel jobs. Raises ValueError if SLURM does not answer."""
    if job_ids:
        _ask("scancel", *job_ids)


def cancel_leftover_jobs(prefix: str, directory: str, patience_seconds: float = 120) -> list[str]:
    """Cancel the jobs of ``jobs_here``, wait until they have ended, and return their ids.

    Raises ValueError if SLURM does not answer, or if some have not ended after ``patience_seconds``.
    """
    cancelled = jobs = [job_id for (job_id,) in jobs_here(prefix, directory)]
    cancel_jobs(cancelled)
    deadline = time.monotonic() + patience_seconds
    while jobs:
        if time.monotonic() > deadline:
            raise ValueError(
                f"Jobs {', '.join(jobs)} of an earlier run were cancelled but have not ended, and might still write"
                " results; start again when `squeue --me` no longer lists them."
            )
        time.sleep(1)
        jobs = [job_id for (job_id,) in jobs_here(prefix, directory)]
    return cancelled


def _ask(*command: str) -> str:
    """Return what a client of SLURM prints. Raises ValueError if there is none, or it fails, or takes a minute."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(f"SLURM does not answer: {error}") from None
    except subprocess.CalledProcessError as error:
        raise ValueError(f"SLURM does not answer: {command[0]}: {error.stderr.strip()}") from None
