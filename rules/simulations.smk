"""The simulations that the experiment asks for, and their files."""

from functools import cache

from deepgalaxy.dataset.layout import is_isolated, undamaged_cameras
from deepgalaxy.planning.simulations import index_simulations
from deepgalaxy.sample.units import select_units


@cache
def simulations(dataset):
    """Return the simulations of a dataset by group name. Not every job asks for them, and a draw takes half a second."""
    try:
        return index_simulations(config["datasets"][dataset], config["seed"])
    except ValueError as error:
        raise WorkflowError(f"`datasets: {dataset}`: {error}") from None


def for_all_simulations(pattern, isolated=True):
    """Return a path for every simulation of the experiment, or only for those of mergers, with {dataset} and {group}
    filled in."""
    return [
        pattern.format(dataset=dataset, group=group)
        for dataset in EXPERIMENT["datasets"]
        if simulated(dataset)
        for group in simulations(dataset)
        if isolated or not is_isolated(group)
    ]


def simulation(wildcards):
    """Return what one simulation starts from."""
    return simulations(wildcards.dataset)[wildcards.group]


def images_of_simulations(wildcards):
    """Return the image files of all simulations of a dataset."""
    return [
        f"<results>/datasets/{wildcards.dataset}/simulations/{group}/images.hdf5"
        for group in simulations(wildcards.dataset)
    ]


def refuse_empty_selections(dataset):
    """End with a sentence if a sample selects nothing of a dataset, or nothing but damaged units, as far as the
    configuration shows it: of a published dataset, only those groups are known that a sample names in full."""
    damaged = config["datasets"][dataset].get("damaged", [])
    for sample in EXPERIMENT["samples"]:
        selection = config["samples"][sample]["selection"]
        names = list(simulations(dataset)) if simulated(dataset) else selection["groups"]
        if any(set(name) & set("*?[") for name in names):
            continue
        keys = ("groups", "cameras", *(("exclude", "size_ratio", "mass_ratio") if simulated(dataset) else ()))
        try:
            select_units(
                {name: undamaged_cameras(name, damaged) for name in names},
                **{key: selection[key] for key in keys if key in selection},
            )
        except ValueError as error:
            raise WorkflowError(f"`samples: {sample}: selection`, of {dataset}: {error}") from None


# What cannot be drawn or selected is said before anything runs.
if workflow.is_main_process:
    for name in EXPERIMENT["datasets"]:
        if simulated(name):
            simulations(name)
        refuse_empty_selections(name)
