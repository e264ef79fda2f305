"""What the rules make of the configuration, beyond what its schema says."""

from typing import Any

from deepgalaxy.cluster.job import size_training_job
from deepgalaxy.dataset.layout import group_name
from deepgalaxy.planning.runs import study_runs
from deepgalaxy.seeds import derive_seed


def check_configuration(config: dict) -> None:
    """Raise ValueError for an ``experiment`` that names something that is not described, for mergers that are listed
    twice, and for numbers of workers that do not fit the nodes, cannot be launched, or cannot share a batch."""
    for section in ("datasets", "samples", "models"):
        for name in config["experiment"][section]:
            if name not in config[section]:
                there = ", ".join(config[section])
                raise ValueError(f"`experiment: {section}` names {name!r}, but `{section}` describes only {there}.")
    for dataset in config["datasets"].values():
        index_mergers(dataset.get("mergers", []), config["seed"])
    for workers in {*config["experiment"]["workers"], *config["scaling"]["workers"]}:
        job = size_training_job(workers, config["ranks_per_node"], config["cpus_per_rank"])
        job.launch_command(config["launcher"])
    study_runs(config)


def index_mergers(mergers: list[dict], seed: int) -> dict[str, dict]:
    """Return the ``mergers`` of a dataset by their group names, each with ``size_ratio``, ``mass_ratio`` and ``seed``.

    A merger without a seed gets one that is derived from the configuration's ``seed`` and its own name. Raises
    ValueError if two mergers have the same ratios, since they would have the same name.
    """
    by_group = {}
    for merger in mergers:
        name = group_name(merger["size_ratio"], merger["mass_ratio"])
        if name in by_group:
            raise ValueError(f"The configuration lists merger {name} twice; a dataset holds each pair of ratios once.")
        by_group[name] = in_order({"seed": derive_seed(seed, "merger", name)} | merger)
    return by_group


def in_order(section: Any) -> Any:
    """Return a section of the configuration with the keys of all mappings sorted.

    A rule whose parameters are the same in another order would be run again.
    """
    if isinstance(section, dict):
        return {key: in_order(section[key]) for key in sorted(section)}
    if isinstance(section, list):
        return [in_order(item) for item in section]
    return section
