"""The training runs that the configuration asks for, those of the experiment and those of the scaling study, and the
names of their paths.

A run is a dictionary of ``dataset``, ``sample``, ``model``, ``workers`` and ``repeat``. One of the scaling study has a
``batch`` as well, the images per worker and step, and the ``kinds`` of scaling that it serves: ``weak``, ``strong``, or
both.
"""

import re
from itertools import product

EXPERIMENT_RUN = "{dataset}/{sample}/{model}/workers~{workers}/repeat~{repeat}"
"""The name of a run of the experiment, as in the paths of its files; to be filled in with the run."""

STUDY_RUN = "{dataset}/{sample}/{model}/workers~{workers}/batch~{batch}/repeat~{repeat}"
"""The name of a run of the scaling study, likewise."""

TRAINED = ("dataset", "sample", "model")
"""What is trained on what; runs that have these in common are compared."""


def experiment_runs(config: dict) -> list[dict]:
    """Return the runs of the experiment, one for each combination of what it lists."""
    experiment = config["experiment"]
    names = (*TRAINED, "workers", "repeat")
    return [
        dict(zip(names, run))
        for run in product(
            *(experiment[f"{name}s"] for name in TRAINED), experiment["workers"], range(experiment["repeats"])
        )
    ]


def study_runs(config: dict) -> list[dict]:
    """Return the runs of the scaling study, each once; a single worker serves both kinds of scaling.

    Raises ValueError if the workers of strong scaling cannot divide a batch equally.
    """
    experiment, study = config["experiment"], config["scaling"]
    kinds: dict[tuple, list[str]] = {}
    for dataset, sample, model, kind, workers, repeat in product(
        *(experiment[f"{name}s"] for name in TRAINED), study["kinds"], study["workers"], range(study["repeats"])
    ):
        batch = config["models"][model]["batch_size"]
        if kind == "strong":
            if batch % workers:
                raise ValueError(
                    f"{workers} workers cannot divide the `batch_size` {batch} of {model} equally among them, as"
                    " strong scaling requires; choose other numbers under `scaling: workers`, or leave `strong` out of"
                    " its `kinds`."
                )
            batch //= workers
        kinds.setdefault((dataset, sample, model, workers, batch, repeat), []).append(kind)
    names = (*TRAINED, "workers", "batch", "repeat")
    return [dict(zip(names, run)) | {"kinds": served} for run, served in kinds.items()]


def constrain(name: str) -> str:
    r"""Return the ``name`` of a run with what may stand in each of its places: digits for a number, else ``\w+``.

    >>> constrain("{model}/workers~{workers}")
    '{model,\\w+}/workers~{workers,\\d+}'
    """

    def constrained(place: re.Match) -> str:
        kind = r"\d+" if place[1] in ("workers", "batch", "repeat") else r"\w+"
        return f"{{{place[1]},{kind}}}"

    return re.sub(r"{(\w+)}", constrained, name)
