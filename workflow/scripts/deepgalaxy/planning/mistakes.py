"""What is wrong with a configuration, in one sentence for each mistake."""

import math
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from deepgalaxy.planning.combinations import impossible_combinations

TYPES = {
    "object": "a section with keys",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
}
BOUNDS = {
    "minimum": "is less than {}, the least that it may be",
    "maximum": "is more than {}, the most that it may be",
    "exclusiveMinimum": "is not more than {}, as it has to be",
    "exclusiveMaximum": "is not less than {}, as it has to be",
}


def refuse_mistakes(config: dict, schema: str | Path) -> None:
    """Raise ValueError with a line for each of ``list_mistakes``; ``schema`` is the YAML file of the schema."""
    with open(schema, encoding="utf-8") as file:
        mistakes = list_mistakes(config, yaml.safe_load(file))
    if mistakes:
        raise ValueError("\n".join(mistakes))


def list_mistakes(config: dict, schema: dict) -> list[str]:
    """Return a sentence for each place of a configuration that does not keep to its JSON schema, for each number that
    is none (NaN) or infinite, and for each selection of a sample that can hold nothing to tell apart; it names the
    place, what is wrong, and what was probably meant. If there are none, return one for each combination of settings
    that cannot work."""
    errors = sorted(
        Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.absolute_path))
    )
    sentences = [sentence for error in errors for sentence in _sentences(_deepest(error))]
    sentences += [*_undefined_numbers(config, ()), *_empty_selections(config)]
    return list(dict.fromkeys(sentences or impossible_combinations(config)))


def _deepest(error: ValidationError) -> ValidationError:
    """Return what is wrong with the alternative that the value comes nearest to, if there are several."""
    while error.context:
        fitting = [other for other in error.context if other.validator != "type"] or error.context
        error = max(fitting, key=lambda other: len(other.absolute_path))
    return error


def _place(path: Any) -> str:
    """Return how a place in the configuration is named.

    >>> _place(["models", "cnn", "epochs"]), _place([])
    ('`models: cnn: epochs`', 'The configuration')
    """
    return f"`{': '.join(map(str, path))}`" if path else "The configuration"


def _sentences(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong at one place."""
    place = _place(error.absolute_path)
    say = SENTENCES.get(str(error.validator))
    for what in say(error) if say else [f": {error.message}"]:
        yield f"{place}{what}."


def _unknown_keys(error: ValidationError) -> Iterator[str]:
    """Yield the keys that are not known."""
    known = list(error.schema.get("properties", {}))
    for key in sorted(map(str, set(error.instance) - set(known))):
        yield f" has the key `{key}`, which is not known there; {_meant(key, known)}"


def _missing_keys(error: ValidationError) -> Iterator[str]:
    """Yield the keys that have to be there."""
    for key in (key for key in error.validator_value if key not in error.instance):
        yield f" lacks `{key}`{_about(error.schema, key)}"


def _wrong_type(error: ValidationError) -> Iterator[str]:
    """Yield what a value is not."""
    wanted = error.validator_value
    names = " or ".join(TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
    yield f" is {_shown(error.instance)}, which is not {names}{_about(error.schema)}"


def _not_among(error: ValidationError) -> Iterator[str]:
    """Yield what a value may be."""
    meant = _meant(str(error.instance), list(map(str, error.validator_value)))
    yield f" is {_shown(error.instance)}, which is not among what it may be; {meant}"


def _out_of_bounds(error: ValidationError) -> Iterator[str]:
    """Yield the bound that a number is beyond."""
    bound = BOUNDS[str(error.validator)].format(error.validator_value)
    yield f" is {_shown(error.instance)}, which {bound}{_about(error.schema)}"


def _too_few(error: ValidationError) -> Iterator[str]:
    """Yield how many entries there have to be."""
    yield f" has {len(error.instance)} entries and needs at least {error.validator_value}{_about(error.schema)}"


def _twice(error: ValidationError) -> Iterator[str]:
    """Yield that an entry is there twice."""
    yield f" names something twice: {_shown(error.instance)}"


def _wrong_form(error: ValidationError) -> Iterator[str]:
    """Yield the form that a text has to have."""
    yield f" is {_shown(error.instance)}, which does not have the form {error.validator_value}{_about(error.schema)}"


def _excluded(error: ValidationError) -> Iterator[str]:
    """Yield the keys that may not be there."""
    excluded = [*error.validator_value.get("required", [])]
    excluded += [key for other in error.validator_value.get("anyOf", []) for key in other.get("required", [])]
    there = [key for key in excluded if key in error.instance]
    yield f" has `{'` and `'.join(there)}`, which cannot stand beside the rest of it"


SENTENCES: dict[str, Callable[[ValidationError], Iterator[str]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _not_among,
    "minItems": _too_few,
    "minProperties": _too_few,
    "uniqueItems": _twice,
    "pattern": _wrong_form,
    "not": _excluded,
} | dict.fromkeys(BOUNDS, _out_of_bounds)


def _meant(word: str, known: list[str]) -> str:
    """Return what was probably meant by a word, or else all that is known."""
    near = get_close_matches(word, known, n=1)
    return f"`{near[0]}` was probably meant" if near else f"known are `{'`, `'.join(known)}`"


def _about(schema: dict, key: str | None = None) -> str:
    """Return the description of a place or of its ``key``, in brackets, if the schema has one."""
    about = schema.get("properties", {}).get(key, {}) if key else schema
    text = about.get("description", "").strip().rstrip(".")
    text = " ".join(text.split())
    return f" ({text[0].lower()}{text[1:]})" if text else ""


def _shown(value: Any) -> str:
    """Return a value as it may be shown in a sentence."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _undefined_numbers(value: Any, path: tuple) -> Iterator[str]:
    """Yield a sentence for each number that is NaN or infinite."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _undefined_numbers(part, (*path, key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{_place(path)} is {value}, which nothing can be computed with."


def _empty_selections(config: dict) -> Iterator[str]:
    """Yield a sentence for each range of a selection that is reversed, and for each that leaves a single time to a
    sample whose classes are times; what the schema refuses is passed over."""
    samples = config.get("samples")
    for name, sample in samples.items() if isinstance(samples, dict) else ():
        selection, classes = (sample.get(key) if isinstance(sample, dict) else None for key in ("selection", "classes"))
        if not isinstance(selection, dict) or not isinstance(classes, dict):
            continue
        for key in ("size_ratio", "mass_ratio", "time_myr"):
            place, limits = _place(["samples", name, "selection", key]), selection.get(key)
            if not isinstance(limits, list) or len(limits) != 2 or not all(isinstance(n, int | float) for n in limits):
                continue
            if limits[0] > limits[1]:
                yield f"{place} is {limits}, which is reversed; give the lower bound first."
            elif key == "time_myr" and limits[0] == limits[1] and classes.get("task") in ("time", "time_bins"):
                yield f"{place} leaves a single time, and `task: {classes['task']}` tells times apart; widen it."
