"""The training runs that the configuration asks for, those of the experiment and those of the scaling study, and the
names of their paths.

A run is a dictionary of ``dataset``, ``sample``, ``model``, ``workers`` and ``repeat``; the folds of a sample are
samples of their own (``deepgalaxy.folds``). One of the scaling study has no ``repeat`` but a ``batch``, the images per
worker and step, the ``repeats`` that it holds one after the other, and the ``kinds`` of scaling that it serves:
``weak``, ``strong``, or both.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import product

from deepgalaxy.dataset.layout import isolated_name
from deepgalaxy.folds import ALL_FOLDS, ENSEMBLE, SAMPLE_PATTERN, fold_name, parse_fold
from deepgalaxy.planning.sweeps import MODEL_PATTERN, combinations, models_to_test, swept_models

EXPERIMENT_RUN = "{dataset}/{sample}/{model}/workers~{workers}/repeat~{repeat}"
"""The name of a run of the experiment, as in the paths of its files; to be filled in with the run."""

STUDY_RUN = "{dataset}/{sample}/{model}/workers~{workers}/batch~{batch}"
"""The name of a run of the scaling study, likewise."""

STUDY_NAME = "{dataset}/{sample}/{model}"
"""The name of a scaling study, likewise."""

NAME = r"\w+"
"""A regular expression for a name of the configuration."""

TRAINED = ("dataset", "sample", "model")
"""What is trained on what; runs that have these in common are compared."""


def fold_names(config: dict, sample: str) -> list[str]:
    """Return the names of the folds of a sample; none if it is split without folds."""
    return [fold_name(sample, fold + 1) for fold in range(config["samples"][sample]["split"].get("folds", 0))]


def split_samples(config: dict) -> list[str]:
    """Return the names of the experiment's samples, of those with folds the names of these."""
    return [name for sample in config["experiment"]["samples"] for name in fold_names(config, sample) or [sample]]


def takes_isolated(sample: dict) -> bool:
    """Return whether a sample, as the configuration describes it, takes isolated galaxies if the dataset has any."""
    selection = sample["selection"]
    names = map(isolated_name, range(1, 100))
    return any(
        any(fnmatchcase(name, glob) for glob in selection["groups"])
        and not any(fnmatchcase(name, glob) for glob in selection.get("exclude", []))
        for name in names
    )


def experiment_runs(config: dict) -> list[dict]:
    """Return the runs of the experiment, one for each combination of what it lists, and of each fold; of a model with a
    sweep, of what is chosen or of all (``models_to_test``)."""
    return _runs(config, split_samples(config))


def sweep_runs(config: dict) -> list[dict]:
    """Return the runs of the sweeps of the experiment's models, one for each combination of options and of the rest."""
    names = [name for model in swept_models(config) for name in combinations(config["models"], model)]
    return _runs(config, split_samples(config), names)


def joined_runs(config: dict) -> list[dict]:
    """Return a run for each combination with a sample that has folds, which stands for the runs of all folds."""
    samples = [sample for sample in config["experiment"]["samples"] if fold_names(config, sample)]
    return _runs(config, [fold_name(sample, ALL_FOLDS) for sample in samples])


def ensemble_runs(config: dict) -> list[dict]:
    """Return a run for each combination that is trained several times, which stands for all of its repeats, also of all
    folds together; none if nothing is repeated."""
    runs = [*experiment_runs(config), *joined_runs(config)] if config["experiment"]["repeats"] > 1 else []
    return [run | {"repeat": ENSEMBLE} for run in runs if run["repeat"] == 0]


def _runs(config: dict, samples: list[str], models: list[str] | None = None) -> list[dict]:
    """Return the runs on these samples, of these models or of all that are tested."""
    experiment = config["experiment"]
    names = (*TRAINED, "workers", "repeat")
    listed = (
        experiment["datasets"],
        samples,
        models_to_test(config) if models is None else models,
        experiment["workers"],
    )
    return [dict(zip(names, run)) for run in product(*listed, range(experiment["repeats"]))]


def describe_run(run: dict) -> dict:
    """Return what a table says of a run: the run, with the fold, as ``parse_fold`` gives it, after the sample."""
    sample, fold = parse_fold(run["sample"])
    return {"dataset": run["dataset"], "sample": sample, "fold": fold} | {
        name: value for name, value in run.items() if name not in ("dataset", "sample")
    }


def studied_samples(config: dict) -> list[str]:
    """Return the names of the samples of the scaling study: the experiment's, of those with folds the first fold."""
    return [(fold_names(config, sample) or [sample])[0] for sample in config["experiment"]["samples"]]


def study_runs(config: dict) -> list[dict]:
    """Return the runs of the scaling study, each once; a single worker serves both kinds of scaling.

    Of a sample with folds, the first is measured. In strong scaling the workers divide a batch; see ``uneven_batches``.
    """
    experiment, study = config["experiment"], config["scaling"]
    kinds: dict[tuple, list[str]] = {}
    trained = (experiment["datasets"], studied_samples(config), experiment["models"])
    for dataset, sample, model, kind, workers in product(*trained, study["kinds"], study["workers"]):
        batch = config["models"][model]["batch_size"] // (workers if kind == "strong" else 1)
        kinds.setdefault((dataset, sample, model, workers, batch), []).append(kind)
    names = (*TRAINED, "workers", "batch")
    return [dict(zip(names, run)) | {"repeats": study["repeats"], "kinds": served} for run, served in kinds.items()]


def uneven_batches(config: dict) -> Iterator[str]:
    """Yield a sentence for each model and number of workers of strong scaling that cannot divide a batch equally."""
    study = config["scaling"]
    for model, workers in product(
        config["experiment"]["models"], study["workers"] if "strong" in study["kinds"] else ()
    ):
        batch = config["models"][model]["batch_size"]
        if batch % workers:
            yield (
                f"{workers} workers cannot divide the `batch_size` {batch} of {model} equally among them, as strong"
                " scaling requires; choose other numbers under `scaling: workers`, or leave `strong` out of its"
                " `kinds`."
            )


def constrain(name: str, ensembles: bool = False) -> str:
    r"""Return the ``name`` of a run with what may stand in each of its places, as Snakemake's wildcards have it;
    ``ensembles`` may stand in place of a repeat.

    >>> constrain("{model}/workers~{workers}")
    '{model,\\w+(?:/sweep~[0-9a-f]{8})?}/workers~{workers,\\d+}'
    """
    constrained = re.sub(r"{(\w+)}", lambda place: f"{{{place[1]},{_what_stands_in(place[1])}}}", name)
    return constrained.replace(r"{repeat,\d+}", rf"{{repeat,(?:\d+|{ENSEMBLE})}}") if ensembles else constrained


def run_named(name: str) -> dict[str, str] | None:
    """Return the run of the experiment that has this name, with numbers as text; None if it is no such name.

    >>> run_named("mergers/stages/cnn/workers~2/repeat~0")["workers"]
    '2'
    """
    named = re.sub(r"{(\w+)}", lambda place: f"(?P<{place[1]}>{_what_stands_in(place[1])})", EXPERIMENT_RUN)
    found = re.fullmatch(named, name)
    return found and found.groupdict()


def _what_stands_in(place: str) -> str:
    """Return a regular expression for what may stand in a place of a run's name."""
    numbers = dict.fromkeys(("workers", "batch", "repeat"), r"\d+")
    return (numbers | {"sample": SAMPLE_PATTERN, "model": MODEL_PATTERN}).get(place, NAME)
