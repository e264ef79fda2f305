"""Names of files and wildcards, and what several rules look up in the configuration.

Paths in rules are built from <dataset>, <sample> and <run>: a sample is a labelled selection of a dataset's images, split
and prepared, or a fold of one; a run is one training of a model on a sample.
"""

import os
import shlex
import sys
from functools import reduce
from operator import getitem

from snakemake.exceptions import WorkflowError
from snakemake.utils import validate

from deepgalaxy.checksums import verify_if_changed
from deepgalaxy.planning.configuration import in_order, read_numbers, whole_numbers
from deepgalaxy.planning.encoders import ENCODER_RUN, encoder_runs
from deepgalaxy.planning.mistakes import refuse_mistakes
from deepgalaxy.planning.runs import (
    EXPERIMENT_RUN,
    STUDY_NAME,
    STUDY_RUN,
    TRAINED,
    constrain,
    describe_run,
    ensemble_runs,
    experiment_runs,
    fold_names,
    joined_runs,
    split_samples,
    studied_samples,
    study_runs,
    sweep_runs,
    takes_isolated,
)
from deepgalaxy.planning.sweeps import all_models
from deepgalaxy.experiments import experiment_directory
from deepgalaxy.folds import ALL_FOLDS, parse_fold
from deepgalaxy.lifetime import STARTED_BY, Process
from deepgalaxy.seeds import derive_seed

# What a Snakemake starts ends with it.
os.environ.update({STARTED_BY: str(Process.current())})
# For the report; jobs have command lines of their own.
os.environ.setdefault("DEEPGALAXY_COMMAND", shlex.join(sys.argv))
if isinstance(config.get("machine"), dict):
    config["machine"] = read_numbers(config["machine"])
config.update(whole_numbers(config))
if workflow.is_main_process:  # and not that of a job, which gets what was checked
    try:
        refuse_mistakes(
            config,
            workflow.source_path("../workflow/schemas/config.schema.yaml"),
            workflow.pathvars.apply("<results>/models"),
            workflow.pathvars.apply("<resources>"),
        )
    except ValueError as error:
        raise WorkflowError(str(error)) from None
validate(config, "../workflow/schemas/config.schema.yaml")  # which fills in the defaults


# Also where a workflow that has this one as a module asks for results, and knows no path variables of it.
OF_EXPERIMENT = experiment_directory("<results>", config["experiment"]["name"])


# Snakemake applies global constraints before it fills in path variables, so wildcards in these carry their own.
pathvars:
    experiment=OF_EXPERIMENT,
    dataset=r"<results>/datasets/{dataset,\w+}",
    sample=constrain("<results>/samples/{dataset}/{sample}"),
    run_name=constrain(EXPERIMENT_RUN),
    run="<results>/models/<run_name>",
    scored_name=constrain(EXPERIMENT_RUN, ensembles=True),
    scored="<results>/models/<scored_name>",


wildcard_constraints:
    dataset=r"\w+",
    group=r"s_[\d.]+_m_[\d.]+|isolated_\d+",


MACHINE = config["machine"]
EXPERIMENT = config["experiment"]
# The options of all models, and of all combinations of their sweeps.
MODELS = in_order(all_models(config["models"]))
SELECTIONS = expand("{dataset}/{sample}", dataset=EXPERIMENT["datasets"], sample=EXPERIMENT["samples"])
SAMPLES = expand("{dataset}/{sample}", dataset=EXPERIMENT["datasets"], sample=split_samples(config))
SCALING_STUDIES = expand(
    STUDY_NAME, dataset=EXPERIMENT["datasets"], sample=studied_samples(config), model=EXPERIMENT["models"]
)
RUNS = experiment_runs(config)
RUN_NAMES = [EXPERIMENT_RUN.format(**run) for run in RUNS]
# What is scored: each run, the runs of all folds together, and all repeats of each as one.
SCORED = [*RUNS, *joined_runs(config), *ensemble_runs(config)]
SCORED_NAMES = [EXPERIMENT_RUN.format(**run) for run in SCORED]
SCORED_SAMPLES = list(dict.fromkeys(f"{run['dataset']}/{run['sample']}" for run in SCORED))
ISOLATED_NAMES = [
    name for name, run in zip(SCORED_NAMES, SCORED) if takes_isolated(config["samples"][parse_fold(run["sample"])[0]])
]
# Runs on samples whose networks predict properties besides the class.
PROPERTY_NAMES = [
    EXPERIMENT_RUN.format(**run) for run in RUNS if config["samples"][parse_fold(run["sample"])[0]]["properties"]
]
# Runs whose test images have frames, so that they can be disturbed.
ROBUST_NAMES = [
    name
    for name, run in zip(RUN_NAMES, RUNS)
    if config["samples"][parse_fold(run["sample"])[0]]["images"].get("oversampling")
]
ENCODER_NAMES = [ENCODER_RUN.format(**run) for run in encoder_runs(config)]
# What tells a run from others in Snakemake's own report.
RUN_LABELS = {"sample": "{sample}", "model": "{model}", "workers": "{workers}", "repeat": "{repeat}"}
ENCODER_LABELS = {name: f"{{{name}}}" for name in ("sample", "encoder", "workers", "repeat")}


def for_all_runs(pattern):
    """Return a path for every run of the experiment, with the run's name in place of {run}."""
    return expand(pattern, run=RUN_NAMES)


def for_all_scored(pattern):
    """Return a path for every run of the experiment, for all folds together and all repeats, with the name in place of {run}."""
    return expand(pattern, run=SCORED_NAMES)


def unfolded(wildcards):
    """Return the name of the sample that is worked on, also if it is a fold of it."""
    return parse_fold(wildcards.sample)[0]


def subset_file(wildcards):
    """Return the selected images of a sample, which all of its folds share."""
    return f"<results>/samples/{wildcards.dataset}/{unfolded(wildcards)}/subset.hdf5"


def of_folds(pattern):
    """Return a function for a path of each fold of a sample, with the fold's name in place of {fold}."""
    return lambda wildcards: [pattern.format(fold=fold, **wildcards) for fold in fold_names(config, wildcards.sample)]


def tested_files(wildcards):
    """Return the prepared files of the test images of a sample; of all folds together, that of each fold."""
    sample, fold = parse_fold(wildcards.sample)
    names = fold_names(config, sample) if fold == ALL_FOLDS else [wildcards.sample]
    return [f"<results>/samples/{wildcards.dataset}/{name}/test.hdf5" for name in names]


def of_repeats(name):
    """Return a function for the paths of a file of each repeat of a run."""
    pattern = f"<results>/models/{EXPERIMENT_RUN}/{name}"
    return lambda wildcards: [pattern.format(**wildcards, repeat=repeat) for repeat in range(EXPERIMENT["repeats"])]


def simulated(dataset):
    """Return whether a dataset is simulated here."""
    return "mergers" in config["datasets"][dataset]


def image_file(dataset):
    """Return a dataset's image file: the one to be simulated, or the one to be fetched."""
    return f"<results>/datasets/{dataset}/images.hdf5" if simulated(dataset) else f"<resources>/{dataset}.hdf5"


def dataset_file(wildcards):
    """Return the image file of the dataset that is worked on."""
    return image_file(wildcards.dataset)


def scores_of_properties(wildcards):
    """Return the table of the properties that a network predicts, if there are any, in a list."""
    name = EXPERIMENT_RUN.format(**wildcards)
    return [f"<results>/tables/properties/{name}.csv"] if name in PROPERTY_NAMES else []


def damaged_units(wildcards):
    """Return the units of a dataset that are known to be damaged."""
    return config["datasets"][wildcards.dataset].get("damaged", [])


def stage_seed(stage, *names):
    """Return a function that derives a stage's seed from the configuration's and the wildcards called ``names``."""

    def seed(wildcards):
        return derive_seed(config["seed"], stage, *(wildcards[name] for name in names))

    return seed


def settings(path):
    """Return a function that looks up a section of the configuration, such as samples/{sample}/split."""

    def section(wildcards):
        names = dict(wildcards.items())
        if "sample" in names:
            names["sample"] = unfolded(wildcards)
        return in_order(reduce(getitem, path.format(**names).split("/"), config))

    return section


def check_accepted_datasets():
    """Hash fetched datasets that have changed since they were accepted, or were put here by hand, before a job reads them."""
    for path in [workflow.pathvars.apply(image_file(name)) for name in EXPERIMENT["datasets"] if not simulated(name)]:
        if os.path.exists(path):
            try:
                verify_if_changed(path, "config/checksums.txt")
            except ValueError as error:
                raise WorkflowError(str(error)) from None
