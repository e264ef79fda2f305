"""What is wrong with a configuration, in one sentence for each mistake, all of them at once."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from pathlib import Path

import yaml

from deepgalaxy.planning.contradictions import contradictions
from deepgalaxy.planning.earlier_runs import unusable_weights
from deepgalaxy.planning.experiments import unkept
from deepgalaxy.planning.prospects import impossible_samples
from deepgalaxy.planning.published import unavailable
from deepgalaxy.planning.sentences import fill_in_defaults, meant

DESCRIBED = ("datasets", "samples", "models", "encoders")
"""Sections that describe, by name, what the experiment may take."""

BLANK: dict[str, dict] = {
    "experiment": {"datasets": [], "samples": [], "models": [], "workers": [], "encoders": []},
    "scaling": {"workers": []},
    "benchmark": {},
    "machine": {},
    "prediction": {},
    "observed": {},
}
"""What stands for a section with a mistake while the rest is checked: nothing in it is asked for."""


def refuse_mistakes(config: dict, schema: str | Path, models: str, resources: str) -> None:
    """Raise ValueError with a line for each of ``list_mistakes``, or if there are none, of ``unusable_weights``, of
    ``unkept`` and of ``unavailable``; ``schema`` is the YAML file of the schema."""
    with open(schema, encoding="utf-8") as file:
        mistakes = list_mistakes(config, yaml.load(file, yaml.CSafeLoader), models) or [
            *unusable_weights(config, models),
            *unkept(config["experiment"], str(Path(models).parent)),
            *unavailable(config, resources),
        ]
    if mistakes:
        raise ValueError("\n".join(mistakes))


def list_mistakes(config: dict, schema: dict, models: str = "results/models") -> list[str]:
    """Return a sentence for each mistake that the configuration alone shows: the place, what is wrong, and what was
    probably meant or what to do. ``models`` is where the workflow leaves its runs.

    What does not keep to the JSON schema, or is not described, is left out before the rest is looked at: settings that
    cannot work together, simulations that cannot be made, and samples that will find too little in them.
    """
    checked = deepcopy(config)
    form = fill_in_defaults(checked, schema)
    mistakes, wrong = [sentence for _, sentence in form], [path for path, _ in form if path]
    _blank_out(wrong, checked, schema)
    described = all(isinstance(checked.get(section), dict) for section in DESCRIBED)
    if not described or "seed" not in checked or ("seed",) in wrong:
        return mistakes
    mistakes += _undescribed(checked)
    _leave_out(wrong, checked)
    return list(dict.fromkeys([*mistakes, *contradictions(checked, models), *impossible_samples(checked)]))


def _blank_out(wrong: Iterable[tuple], config: dict, schema: dict) -> None:
    """Put BLANK, with the defaults, in place of the sections that are missing or in which something is wrong."""
    for section, blank in BLANK.items():
        if section not in config or any(path[0] == section for path in wrong):
            config[section] = deepcopy(blank)
    fill_in_defaults(config, schema)


def _undescribed(config: dict) -> Iterator[str]:
    """Yield a sentence for each name in the experiment that is not described."""
    for section in DESCRIBED:
        for name in config["experiment"][section]:
            if name not in config[section]:
                known = meant(name, list(map(str, config[section])))
                yield f"`experiment: {section}` names {name!r}, which `{section}` does not describe; {known}."


def _leave_out(wrong: Iterable[tuple], config: dict) -> None:
    """Remove the entries in which something is wrong, and their names from the experiment."""
    for section, *entry in wrong:
        if section in DESCRIBED and entry:
            config[section].pop(entry[0], None)
    for section in DESCRIBED:
        config["experiment"][section] = [name for name in config["experiment"][section] if name in config[section]]
