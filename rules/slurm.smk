"""The workflow on a SLURM cluster: names in its profile, jobs that an earlier run left, and jobs that SLURM never runs."""

import threading
from pathlib import Path

from deepgalaxy.cluster.refused import refusals, watch
from deepgalaxy.cluster.slurm import cancel_leftover_jobs

SLURM_NAMES = {"slurm_partition", "slurm_account", "slurm_cluster", "cluster", "clusters", "constraint", "qos"}


def read_names_as_text(resources):
    """Replace what a profile sets for SLURM_NAMES by the text that is there: with `slurm_partition: all`, Snakemake would
    take the function that Python has under that name."""
    for name in SLURM_NAMES.intersection(resources):
        text = getattr(resources[name], "raw", None)
        if isinstance(text, str) and text.isidentifier():
            resources[name] = text


read_names_as_text(workflow.resource_settings.default_resources or {})
for overwritten in workflow.resource_settings.overwrite_resources.values():
    read_names_as_text(overwritten)


def begin_on_cluster():
    """End the SLURM jobs that a Snakemake which was killed left in this directory, which would write the same files, and
    from now on those that SLURM would let wait for ever."""
    if workflow.executor_plugin.name != "slurm":
        return
    if not MACHINE["ranks_per_node"]:
        raise WorkflowError(
            "`machine: ranks_per_node` is not set; it belongs under `config:` in profiles/slurm, which --config on the"
            " command line replaces. Write settings to a file for --configfile instead."
        )
    prefix = workflow.executor_settings.jobname_prefix
    if not prefix:
        return
    try:
        cancelled = cancel_leftover_jobs(prefix, os.getcwd())
    except ValueError as error:
        raise WorkflowError(str(error)) from None
    if cancelled:
        logger.warning(f"Cancelled jobs that an earlier run had left here: {', '.join(cancelled)}.")
    threading.Thread(target=watch, args=(prefix, os.getcwd(), logger.error, threading.Event()), daemon=True).start()


def end_on_cluster(logs):
    """Say for which reasons SLURM took no jobs, or could not start them, after a workflow that failed."""
    if workflow.executor_plugin.name == "slurm":
        for sentence in refusals("\n".join(Path(log).read_text(encoding="utf-8") for log in logs)):
            logger.error(sentence)
