"""What the rules make of the configuration, beyond what its schema says."""

from contextlib import suppress
from typing import Any

from deepgalaxy.cluster.job import size_training_job
from deepgalaxy.planning.runs import study_runs

MOVED = (
    *("memory_budget_mib", "checkpoint_minutes", "stall_minutes", "stop_minutes", "longest_job_minutes"),
    *("ranks_per_node", "cpus_per_rank", "rank_memory_mb", "node_memory_mb"),
    *("gpu", "gpu_memory_mib", "launcher", "envmodules"),
)
"""Settings that stood at the top of the configuration before it had a section ``machine``."""


def refuse_moved_settings(config: dict) -> None:
    """Raise ValueError that names the new places of all settings that are still in their old ones."""
    moved = [
        f"`{name}` is now `machine: {name.replace('_mb', '_mib')}`{', in MiB' if name.endswith('_mb') else ''}"
        for name in MOVED
        if name in config
    ]
    if moved:
        raise ValueError(f"Settings of the machine have their own section: {'; '.join(moved)}. Move them there.")


def read_numbers(section: dict) -> dict:
    """Return a section of the configuration with numbers where a value is the text of one.

    Snakemake passes on what is nested more than one level under ``config:`` of a profile as text.
    """
    return {key: _number(value) if isinstance(value, str) else value for key, value in section.items()}


def whole_numbers(section: Any) -> Any:
    """Return a section of the configuration with integers where a number is whole, as 2020 where 2020.0 is written."""
    if isinstance(section, dict):
        return {key: whole_numbers(value) for key, value in section.items()}
    if isinstance(section, list):
        return [whole_numbers(value) for value in section]
    return int(section) if isinstance(section, float) and section.is_integer() else section


def _number(text: str) -> int | float | str:
    """Return the number that a text represents, or the text."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def check_configuration(config: dict) -> None:
    """Raise ValueError for an ``experiment`` that names something that is not described, for samples that are not split
    in exactly one way or whose stages end before they begin, for numbers of workers that do not fit the nodes, cannot
    be launched, or do not divide a batch, and for a launcher that would reach the jobs of a cluster as another one."""
    for section in ("datasets", "samples", "models"):
        for name in config["experiment"][section]:
            if name not in config[section]:
                there = ", ".join(config[section])
                raise ValueError(f"`experiment: {section}` names {name!r}, but `{section}` describes only {there}.")
    for name, sample in config["samples"].items():
        _check_sample(name, sample)
    machine = config["machine"]
    if machine["ranks_per_node"] and set(machine["launcher"]) & set("\"'`$\\"):
        raise ValueError(
            f"`machine: launcher: {machine['launcher']}` has quotes, a dollar sign or a backslash, which Snakemake does"
            " not hand on to the jobs of a cluster as they are; put the command into a script and name that."
        )
    for workers in {*config["experiment"]["workers"], *config["scaling"]["workers"]}:
        job = size_training_job(workers, machine["ranks_per_node"], machine["cpus_per_rank"])
        job.launch_command(machine["launcher"])
    study_runs(config)


def _check_sample(name: str, sample: dict) -> None:
    """Raise ValueError for a sample with both or neither of ``test`` and ``folds``, or with stages that are none."""
    split, classes = sample["split"], sample["classes"]
    if ("test" in split) == ("folds" in split):
        what = "both `test` and `folds`" if "test" in split else "neither `test` nor `folds`"
        raise ValueError(
            f"`samples: {name}: split` has {what}; give a fraction to test on, or a number of folds to test in turn (in"
            " a sample of another name, if a file that yours is laid over gives the other one)."
        )
    if classes["task"] == "stage_bins" and classes["from_myr"] >= classes["to_myr"]:
        raise ValueError(
            f"`samples: {name}: classes` go from {classes['from_myr']:g} to {classes['to_myr']:g} Myr; let `to_myr` be"
            " the later time."
        )


def in_order(section: Any) -> Any:
    """Return a section of the configuration with the keys of all mappings sorted.

    A rule whose parameters are the same in another order would be run again.
    """
    if isinstance(section, dict):
        return {key: in_order(section[key]) for key in sorted(section)}
    if isinstance(section, list):
        return [in_order(item) for item in section]
    return section
