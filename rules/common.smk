"""Names of files and wildcards, and what several rules look up in the configuration.

Paths in rules are built from <dataset>, <sample> and <run>: a sample is a labelled selection of a dataset's images, split
and prepared; a run is one training of a model on a sample.
"""

import sys
from itertools import product
from pathlib import Path

sys.path.insert(0, str(Path(str(workflow.current_basedir), "../workflow/scripts").resolve()))

from deepgalaxy.configuration import index_mergers
from deepgalaxy.digest import code_digest
from deepgalaxy.launcher import export_import_path, launch_command, training_threads
from deepgalaxy.seeds import derive_seed
from deepgalaxy.training.options import command_line

export_import_path()

RUN_NAME = "{dataset}/{sample}/{model}/workers~{workers}/repeat~{repeat}"


pathvars:
    dataset="<results>/datasets/{dataset}",
    sample="<results>/samples/{dataset}/{sample}",
    run_name=RUN_NAME,
    run="<results>/models/<run_name>",


wildcard_constraints:
    dataset=r"\w+",
    sample=r"\w+",
    model=r"\w+",
    group=r"s_[\d.]+_m_[\d.]+",
    split="train|validation|test",
    workers=r"\d+",
    repeat=r"\d+",


EXPERIMENT = config["experiment"]
RUNS = [
    dict(zip(("dataset", "sample", "model", "workers", "repeat"), run))
    for run in product(
        EXPERIMENT["datasets"],
        EXPERIMENT["samples"],
        EXPERIMENT["models"],
        EXPERIMENT["workers"],
        range(EXPERIMENT["repeats"]),
    )
]


def for_all_runs(pattern):
    """Return a path for every run of the experiment, with the run's name in place of {run}."""
    return [pattern.format(run=RUN_NAME.format(**run)) for run in RUNS]


def mergers(dataset):
    """Return the mergers of a simulated dataset by group name, each with its ratios and its seed."""
    return index_mergers(config["datasets"][dataset]["mergers"], config["seed"])


def image_file(dataset):
    """Return a dataset's image file: the one named in the configuration, or the one to be simulated."""
    return config["datasets"][dataset].get("file") or f"<results>/datasets/{dataset}/images.hdf5"


def dataset_file(wildcards):
    """Return the image file of the dataset that is worked on."""
    return image_file(wildcards.dataset)


def stage_seed(stage, *names):
    """Return a function that derives a stage's seed from the configuration's and the wildcards called ``names``."""

    def seed(wildcards):
        return derive_seed(config["seed"], stage, *(wildcards[name] for name in names))

    return seed


def simulated_dataset(section):
    """Return a function that looks up a section of a simulated dataset's configuration."""

    def settings(wildcards):
        return config["datasets"][wildcards.dataset][section]

    return settings


def merger(wildcards):
    """Return the ratios and the seed of one merger."""
    return mergers(wildcards.dataset)[wildcards.group]


def images_of_mergers(wildcards):
    """Return the image files of all mergers of a dataset."""
    return [
        f"<results>/datasets/{wildcards.dataset}/mergers/{group}/images.hdf5" for group in mergers(wildcards.dataset)
    ]


def launcher(wildcards):
    """Return the command that starts the ranks, as separate words."""
    return launch_command(int(wildcards.workers))


def model_options(wildcards):
    """Return a model's options as words of a command line."""
    return command_line(config["models"][wildcards.model])


def cores_for_training(wildcards):
    """Return the number of cores that a training run asks for."""
    return training_threads(int(wildcards.workers), workflow.cores)


def scaled(amount):
    """Return a resource function that asks for ``amount``, and for as much again with each further attempt."""

    def resource(wildcards, attempt):
        return amount * attempt

    return resource
