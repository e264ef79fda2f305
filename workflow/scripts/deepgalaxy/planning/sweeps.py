"""Sweeps: options of a model that are tried in several values, each combination of these as a model of its own.

A combination is named by a digest of what it changes of the model, as ``cnn/sweep~1b2c3d4e``: it keeps its name, and
what was trained under it, whatever else the sweep tries. The model's own name is that of the combination that is
chosen.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import yaml

SWEEP = "/sweep~"
"""Stands between the name of a model and the digest of what a combination changes of it."""
DIGITS = 8
"""Of that digest, in hexadecimal."""
MODEL_PATTERN = rf"\w+(?:{SWEEP}[0-9a-f]{{{DIGITS}}})?"
"""A regular expression for the name of a model, or of a combination of its sweep."""

Models = Mapping[str, Mapping[str, Any]]
"""The section ``models`` of the configuration, or one of the same form."""


def combinations(models: Models, name: str) -> dict[str, dict[str, Any]]:
    """Return the combinations of the sweep of a model by their names: what each changes of it; none without a sweep."""
    model = models[name]
    lists = model.get("sweep", {})
    tried = [dict(zip(lists, values)) for values in product(*lists.values())] if lists else []
    changes = [{option: value for option, value in one.items() if model.get(option) != value} for one in tried]
    return {f"{name}{SWEEP}{_digest(one)}": one for one in changes}


def _digest(item: Mapping[str, Any]) -> str:
    """Return a digest of what JSON can hold, whatever the order of its keys."""
    return sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:DIGITS]


def all_models(models: Models) -> dict[str, dict[str, Any]]:
    """Return the options of all models by name, without their sweeps, and of all combinations of these."""
    found = {}
    for name, model in models.items():
        own = {option: value for option, value in model.items() if option != "sweep"}
        found[name] = own
        found |= {combination: own | changed for combination, changed in combinations(models, name).items()}
    return found


def swept_models(config: Mapping[str, Any]) -> list[str]:
    """Return the models of the experiment that have a sweep."""
    return [name for name in config["experiment"]["models"] if config["models"][name].get("sweep")]


def models_to_test(config: Mapping[str, Any]) -> list[str]:
    """Return the models of the experiment, and if all are to be tested, the combinations of their sweeps."""
    names = config["experiment"]["models"]
    if config["experiment"].get("sweeps") != "all":
        return names
    return [one for name in names for one in (name, *combinations(config["models"], name))]


def with_combinations(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in which every combination of a sweep is a model, and one of the experiment."""
    names = [one for name in config["experiment"]["models"] for one in (name, *combinations(config["models"], name))]
    experiment = config["experiment"] | {"models": names}
    return {**config, "models": all_models(config["models"]), "experiment": experiment}


def model_place(models: Models, name: str) -> str:
    """Return where in the configuration a model is described; ``models`` are those of ``all_models``.

    >>> model_place({"m": {"noise": 0}, "m/sweep~00000000": {"noise": 0.1}}, "m/sweep~00000000")
    'models: m: sweep: noise: 0.1'
    """
    model = name.partition(SWEEP)[0]
    if name == model:
        return f"models: {name}"
    changed = {option: value for option, value in models[name].items() if models[model].get(option) != value}
    return f"models: {model}: sweep: {say_options(changed) or 'no change'}"


def say_options(options: Mapping[str, Any]) -> str:
    """Return options with their values in one line, as YAML has them.

    >>> say_options({"scale": [1, 1.5], "optimizer": "sgd"})
    'scale: [1, 1.5], optimizer: sgd'
    """
    return yaml.safe_dump(dict(options), default_flow_style=True, sort_keys=False, width=10**6).strip().strip("{}")


def too_many(config: Mapping[str, Any], samples: int) -> Iterator[str]:
    """Yield a sentence if sweeps ask for more trainings than ``experiment: most_sweep_runs``, or if that of a model
    which the experiment does not have has more combinations; ``samples`` counts the experiment's samples, each fold of
    one."""
    experiment = config["experiment"]
    sizes = {name: prod(map(len, model.get("sweep", {}).values())) for name, model in config["models"].items()}
    counts = {name: sizes[name] for name in swept_models(config)}
    for name in sizes.keys() - counts.keys():  # whose combinations are not trained, but named
        if sizes[name] > experiment["most_sweep_runs"]:
            yield (
                f"`models: {name}: sweep` has {sizes[name]:,} combinations, and `experiment: most_sweep_runs` is"
                f" {experiment['most_sweep_runs']:,}; shorten its lists, or raise that."
            )
    datasets, workers = len(experiment["datasets"]), len(experiment["workers"])
    runs = sum(counts.values()) * datasets * samples * workers * experiment["repeats"]
    if runs > experiment["most_sweep_runs"]:
        tried = " and ".join(f"{count} combinations of {name}" for name, count in counts.items())
        times = {"datasets": datasets, "samples or folds": samples, "numbers of workers": workers}
        times |= {"repeats": experiment["repeats"]}
        of_each = "".join(f" × {count} {what}" for what, count in times.items() if count > 1)
        yield (
            f"`sweep` asks for {runs:,} trainings ({tried}{of_each}), and `experiment: most_sweep_runs` is"
            f" {experiment['most_sweep_runs']:,}; shorten its lists, or raise that."
        )


def chosen_model(table: str | Path, workers: str) -> str:
    """Return the name of the combination that a table of ``tabulate_sweep`` marks as chosen for a number of workers.

    Raises ValueError if none is.
    """
    with open(table, encoding="utf-8", newline="") as file:
        chosen = {row["workers"]: row["model"] for row in csv.DictReader(file) if row["chosen"] == "True"}
    if workers not in chosen:
        raise ValueError(f"{table} has no choice for {workers} worker(s), only for {', '.join(chosen)}; ask for these.")
    return chosen[workers]
