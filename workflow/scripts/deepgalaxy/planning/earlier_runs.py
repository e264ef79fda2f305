"""The runs whose weights other runs begin with: what they were trained on, these have seen."""

import os
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from deepgalaxy.folds import parse_fold
from deepgalaxy.planning.runs import EXPERIMENT_RUN, experiment_runs, run_named
from deepgalaxy.planning.sweeps import SWEEP, combinations, model_place, with_combinations

WITHOUT_FILE = ("none", "imagenet")
"""Values of a model's option ``weights`` that are no file."""


def weights_file(models: Mapping[str, Mapping], model: str, directory: str) -> str | None:
    """Return the file that has the weights which a model begins with, if it begins with those of a file.

    One below ``directory``, where the workflow leaves its runs, is named as the workflow does, whatever absolute path
    or link leads there.
    """
    weights = models[model].get("weights", "none")
    if weights in WITHOUT_FILE:
        return None
    file, runs = Path(os.path.realpath(weights)), os.path.realpath(directory)
    return str(Path(directory, file.relative_to(runs))) if file.is_relative_to(runs) else os.path.normpath(weights)


def unusable_weights(config: Mapping[str, Mapping], directory: str) -> Iterator[str]:
    """Yield a sentence for each model of the experiment whose weights are not there, and are not made either.

    ``config`` has no other mistake.
    """
    asked, config = config, with_combinations(config)
    yield from _circles(asked["models"], config["models"], directory)
    for model in config["experiment"]["models"]:
        runs, file = earlier_runs(config["models"], model, directory)
        if file and not os.path.isfile(file):
            yield (
                f"`{model_place(config['models'], runs[-1]['model'] if runs else model)}`: `weights: {file}` is not a"
                f" file; name one that is there, or the model.keras of a run below {directory}."
            )
        for run in runs:
            if asked["models"].get(run["model"], {}).get("sweep") and not _is_chosen(run, asked):
                yield (
                    f"The weights that {model} begins with are of {run['model']}, which has a `sweep`, and the"
                    " experiment has no such run, so that none is chosen; let the experiment have it, or name one of"
                    " a combination."
                )
            for section, name in (("datasets", run["dataset"]), ("samples", parse_fold(run["sample"])[0])):
                if name not in config[section]:
                    yield (
                        f"The weights that {model} begins with are of a run on {name!r}, which `{section}` does not"
                        f" describe; describe it, or name other `weights`."
                    )


def _circles(models: Mapping[str, Mapping], every: Mapping[str, Mapping], directory: str) -> Iterator[str]:
    """Yield a sentence if a sweep has a combination that begins with what is chosen of the sweep; ``every`` are the
    ``models`` with all combinations."""
    before = {
        name: set(combinations(models, name))
        if name in models and models[name].get("sweep")
        else {run["model"] for run in earlier_runs(every, name, directory)[0][:1]}
        for name in every
    }
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        names = [name for name in dict.fromkeys(error.args[1]) if SWEEP not in name]
        yield (
            f"The `weights` that the sweep of {' and '.join(names)} tries are of runs that are chosen of it: they go"
            " round in a circle; name weights of one combination, or of a model without this sweep."
        )


def _is_chosen(run: Mapping[str, str], config: Mapping[str, Any]) -> bool:
    """Return whether the experiment has a run, so that it is chosen of its model's sweep."""
    return EXPERIMENT_RUN.format(**run) in {EXPERIMENT_RUN.format(**one) for one in experiment_runs(dict(config))}


def earlier_runs(models: Mapping[str, Mapping], model: str, directory: str) -> tuple[list[dict[str, str]], str | None]:
    """Return the runs of this workflow that a model's weights went through, the latest first.

    ``models`` is this section of the configuration, or all that it describes (``all_models``); ``directory`` is where
    the workflow leaves its runs. With them comes the file that the earliest of these runs, or the model itself, begins
    with, if no run of this workflow makes it; else None. Raises ValueError if a run is of a model that is not
    described, or if weights go round in a circle.
    """
    runs: list[dict[str, str]] = []
    seen = [model]
    while weights := weights_file(models, seen[-1], directory):
        inside = Path(weights).is_relative_to(directory) and Path(weights).name == "model.keras"
        run = run_named(str(Path(weights).parent.relative_to(directory))) if inside else None
        if not run:
            return runs, weights
        if run["model"] not in models:
            raise ValueError(
                f"`models: {seen[-1]}: weights: {weights}` is of a model {run['model']!r}, but `models` describes only"
                f" {', '.join(name for name in models if SWEEP not in name)}."
            )
        if run["model"] in seen:
            raise ValueError(
                f"`models: {seen[-1]}: weights: {weights}` go round in a circle: {run['model']} begins with what comes"
                f" out of {seen[-1]}. Let one of them begin with other weights."
            )
        runs.append(run)
        seen.append(run["model"])
    return runs, None
