"""What the rules make of the configuration, beyond what its schema says."""

from itertools import product
from typing import Any

from deepgalaxy.cluster.job import size_training_job
from deepgalaxy.dataset.layout import group_name
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
    scaling_runs(config)


def scaling_runs(config: dict) -> list[dict]:
    """Return the runs of the scaling study, each once.

    They have ``dataset``, ``sample``, ``model``, ``workers``, ``batch`` (images per worker and step), ``repeat`` and
    ``kinds``: of the scaling that it serves; a single worker serves both. Raises ValueError if the workers of strong
    scaling cannot share a batch.
    """
    experiment, study = config["experiment"], config["scaling"]
    kinds = {}
    for dataset, sample, model, kind, workers, repeat in product(
        *(experiment[name] for name in ("datasets", "samples", "models")),
        *(study["kinds"], study["workers"], range(study["repeats"])),
    ):
        batch = config["models"][model]["batch_size"]
        if kind == "strong":
            if batch % workers:
                raise ValueError(
                    f"{workers} workers cannot share the `batch_size` {batch} of {model} equally, as in strong"
                    " scaling; choose other numbers under `scaling: workers`, or leave `strong` out of its `kinds`."
                )
            batch //= workers
        kinds.setdefault((dataset, sample, model, workers, batch, repeat), []).append(kind)
    names = ("dataset", "sample", "model", "workers", "batch", "repeat")
    return [dict(zip(names, run)) | {"kinds": served} for run, served in kinds.items()]


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
