"""Experiments that are kept under their names, to be set beside others."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepgalaxy.experiments import experiment_directory

KEPT = ("settings.json", "test_images.hdf5", "tables/metrics.csv")
"""What a later experiment needs of one that is kept, in its directory."""


def unkept(experiment: Mapping[str, Any], results: str) -> Iterator[str]:
    """Yield a sentence if an experiment is to be set beside one that is not kept, or beside itself."""
    name, other = experiment.get("name", ""), experiment.get("beside", "")
    if not other:
        return
    if name == other:
        yield f"`experiment: beside` is {other}, the `name` of this experiment itself; name another one."
    elif missing := [file for file in KEPT if not Path(experiment_directory(results, other), file).is_file()]:
        there = sorted(path.parent.name for path in Path(results, "experiments").glob(f"*/{KEPT[0]}"))
        known = f"kept are {', '.join(there)}" if there else "none is kept so far"
        yield (
            f"`experiment: beside` is {other}, of which there is no"
            f" {experiment_directory(results, other)}/{missing[0]}; {known}. Run that experiment first, with"
            f" `experiment: {{name: {other}}}`."
        )


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that an experiment's results depend on: of the sections that describe things by name, what it
    takes of them; neither its own name nor the machine."""
    experiment = {key: value for key, value in config["experiment"].items() if key not in ("name", "beside")}
    models = [config["models"][name] for name in experiment["models"]]
    encoders = {*experiment["encoders"], *(model["encoder"] for model in models)}
    taken = {name: experiment[name] for name in ("datasets", "samples", "models")} | {"encoders": encoders}
    described = {
        section: {name: about for name, about in config[section].items() if name in names}
        for section, names in taken.items()
    }
    return {"seed": config["seed"], "experiment": experiment, **described, "prediction": config["prediction"]}
