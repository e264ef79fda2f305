"""The trainings that the benchmark asks for, the names of their paths, and what names its configuration."""

import hashlib
import json
from collections.abc import Iterator
from itertools import product

from deepgalaxy.planning.combinations import LINEAR_IS_FOR_SGD
from deepgalaxy.planning.configuration import in_order
from deepgalaxy.planning.runs import TRAINED, studied_samples
from deepgalaxy.planning.sweeps import all_models

BENCHMARK_RUN = "{dataset}/{sample}/{model}/workers~{workers}/scaling~{scaling}/repeat~{repeat}"
"""The name of a training of the benchmark, as in the paths of its files; to be filled in with the run."""

DIGITS = 12
"""Of the digest that names a configuration."""


def benchmark_runs(config: dict) -> list[dict]:
    """Return the trainings of the benchmark, each a dictionary of ``dataset``, ``sample``, ``model``, ``workers``,
    ``scaling`` (how the learning rate grows with the workers), ``repeat``, and ``merit``: whether it is one of those
    that the figures of merit are taken from, by the most workers with the model's own scaling.

    Where a scaling would change nothing, the model's own stands for all. Of a sample with folds, the first is taken.
    """
    experiment, benchmark = config["experiment"], config["benchmark"]
    runs = []
    for dataset, sample, model in product(experiment["datasets"], studied_samples(config), experiment["models"]):
        options, names = config["models"][model], dict(zip(TRAINED, (dataset, sample, model)))
        own = options.get("learning_rate_scaling", "none")
        for workers in sorted(benchmark["workers"]):
            alike = workers * options.get("gradient_accumulation", 1) == 1
            for scaling in dict.fromkeys([own, *([] if alike else benchmark["learning_rate_scaling"])]):
                merit = workers == max(benchmark["workers"]) and scaling == own
                about = {"workers": workers, "scaling": scaling}
                runs += [names | about | {"repeat": number, "merit": merit} for number in range(benchmark["repeats"])]
    return runs


def configuration_of(config: dict, dataset: str, sample: str, model: str) -> dict:
    """Return what the figures of merit of a model on a sample depend on, as the configuration has it: not where it
    runs, and not what it is compared with."""
    benchmark = {name: value for name, value in config["benchmark"].items() if name != "reference"}
    sections = {"seed": config["seed"], "benchmark": benchmark, "dataset": config["datasets"][dataset]}
    options = all_models(config["models"])[model]
    if encoder := options.get("encoder"):
        sections["encoder"] = {"workers": config["experiment"]["workers"][:1]} | config["encoders"][encoder]
    return in_order(sections | {"sample": config["samples"][sample], "model": options})


def digest_of(configuration: dict) -> str:
    """Return the digest that names a configuration, DIGITS of SHA-256."""
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()[:DIGITS]


def impossible_benchmarks(config: dict) -> Iterator[str]:
    """Yield a sentence for each model that cannot have a scaling of the learning rate that the benchmark compares."""
    if "linear" in config["benchmark"]["learning_rate_scaling"]:
        for name in config["experiment"]["models"]:
            optimizer = config["models"][name].get("optimizer", "adam")
            if optimizer.lower() != "sgd":
                yield f"`benchmark`, of `models: {name}`: {LINEAR_IS_FOR_SGD.format(optimizer)}"
