"""Jobs that SLURM will never run: those that it lets wait for ever are cancelled, and its reasons are given."""

import re
import threading
from collections.abc import Callable

from deepgalaxy.cluster.slurm import cancel_jobs, jobs_here

NEVER = {
    "PartitionConfig": "no node of the partition is like that",
    "PartitionNodeLimit": "the partition gives no job so many nodes",
    "PartitionTimeLimit": "the partition gives no job so much time",
    "BadConstraints": "no nodes have these features together",
    "AccountNotAllowed": "the account may not use the partition",
    "QOSNotAllowed": "the quality of service may not be used",
    "InvalidAccount": "there is no such account",
    "InvalidQOS": "there is no such quality of service",
    "MaxMemPerLimit": "the partition gives no job so much memory",
    "ReservationDeleted": "the reservation is gone",
    "DependencyNeverSatisfied": "what it should wait for has failed",
}
"""Why a job waits for ever, by the reasons that squeue gives. Others pass: the cluster is busy, nodes are down, or a
person holds the job."""
ABOVE_A_LIMIT = re.compile(r"(Assoc|QOS)(Max\w+Per(Job|Node)\w*|Min\w+)")
"""Reasons of the same kind, of which SLURM has several dozen: limits on one job, which do not depend on others."""
SBATCH_SAYS = re.compile(r"SLURM sbatch failed\. The error message was '(.*?)'\.\n", re.DOTALL)


def never(reason: str) -> str | None:
    """Return why a job with this reason of squeue waits for ever, in words; None if it does not."""
    return NEVER.get(reason) or ("a limit on each job is lower" if ABOVE_A_LIMIT.fullmatch(reason) else None)


def hopeless_jobs(prefix: str, directory: str) -> dict[str, str]:
    """Return a sentence by the id of each job of ``jobs_here`` that SLURM will never start.

    Raises ValueError if SLURM does not say.
    """
    sentences = {}
    for job_id, state, reason, what, partition, nodes, cores, memory, limit in jobs_here(
        prefix, directory, "%T", "%r", "%k", "%P", "%D", "%C", "%m", "%l"
    ):
        if state == "PENDING" and (why := never(reason)):
            sentences[job_id] = (
                f"SLURM can never start {what}, which asks partition {partition} for nodes: {nodes},"
                f" cores: {cores}, memory a node: {memory}, time: {limit}; {why} ({reason}). It was cancelled; see"
                " docs/clusters.md, When a job fails."
            )
    return sentences


def watch(
    prefix: str, directory: str, say: Callable[[str], None], stop: threading.Event, every_seconds: float = 15
) -> None:
    """Cancel ``hopeless_jobs`` and ``say`` their sentences, until ``stop`` is set.

    What is found is cancelled when it is found again, since a reason may be that of a moment while SLURM is configured
    anew. That SLURM does not answer for a while is no failure.
    """
    found: set[str] = set()
    while not stop.wait(every_seconds):
        try:
            jobs = hopeless_jobs(prefix, directory)
            again = sorted(found & jobs.keys())
            cancel_jobs(again)
        except ValueError:
            continue
        for job_id in again:
            say(jobs[job_id])
        found = jobs.keys() - set(again)


def refusals(snakemake_log: str) -> list[str]:
    """Return a sentence for each reason for which sbatch took no job, and those of ``watch``, each once, from what
    Snakemake logged."""
    reasons = [said.replace("sbatch: error: ", "").replace("\n", ", ") for said in SBATCH_SAYS.findall(snakemake_log)]
    refused = [f"SLURM refused a job: {reason}; see docs/clusters.md, When a job fails." for reason in reasons]
    waiting = re.findall(r"^SLURM can never start .*$", snakemake_log, re.MULTILINE)
    return list(dict.fromkeys(refused + waiting))
