"""The simulations that the experiment asks for, and their files."""

from functools import cache

from deepgalaxy.dataset.layout import is_isolated
from deepgalaxy.planning.simulations import index_simulations


@cache
def simulations(dataset):
    """Return the simulations of a dataset by group name. Not every job asks for them, and a draw takes half a second."""
    return index_simulations(config["datasets"][dataset], config["seed"])


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
