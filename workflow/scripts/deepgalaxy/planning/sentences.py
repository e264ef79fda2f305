"""What is wrong with the form of a configuration, by its JSON schema: a place and a sentence for each mistake."""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator, ValidationError, validators

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
MOVED = (
    *("memory_budget_mib", "checkpoint_minutes", "stall_minutes", "stop_minutes", "longest_job_minutes"),
    *("ranks_per_node", "cpus_per_rank", "rank_memory_mb", "node_memory_mb"),
    *("gpu", "gpu_memory_mib", "launcher", "envmodules"),
)
"""Settings that stood at the top of the configuration before it had a section ``machine``."""

OTHER_NAME = "an entry of another name is free of what a file that yours is laid over gives"


def fill_in_defaults(config: dict, schema: dict) -> list[tuple[tuple, str]]:
    """Fill in the defaults of a JSON schema, and return where the configuration does not keep to it: the place, as keys
    and numbers of entries, and a sentence that names it, says what is wrong, and what was probably meant.

    A number that is none (NaN) or infinite is a mistake as well. Beyond JSON schema's own, the schema may have the
    keyword ``ascending``, for a list of numbers of which none is less than the one before.
    """
    errors = sorted(_Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.absolute_path)))
    deepest = list(map(_deepest, errors))
    untyped = {tuple(error.absolute_path) for error in deepest if error.validator == "type"}
    mistakes = [
        (_path(error), sentence)
        for error in deepest
        if error.validator == "type" or tuple(error.absolute_path) not in untyped  # one sentence is enough
        for sentence in _sentences(error)
    ]
    return list(dict.fromkeys([*mistakes, *_undefined_numbers(config, ())]))


def _properties(validator: Any, properties: dict, instance: Any, schema: dict) -> Iterator[ValidationError]:
    """Fill in the defaults of a section before its keys are checked."""
    if isinstance(instance, dict):
        for key, about in properties.items():
            if "default" in about:
                instance.setdefault(key, deepcopy(about["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, schema)


def _ascending(validator: Any, ascending: bool, instance: Any, _: dict) -> Iterator[ValidationError]:
    """Refuse a list of numbers that descends."""
    numbers = isinstance(instance, list) and all(validator.is_type(number, "number") for number in instance)
    if ascending and numbers and instance != sorted(instance):
        yield ValidationError("is reversed")


_Validator = validators.extend(Draft202012Validator, {"properties": _properties, "ascending": _ascending})


def _deepest(error: ValidationError) -> ValidationError:
    """Return what is wrong with the alternative that the value comes nearest to, if there are several."""
    while error.context:
        fitting = [other for other in error.context if other.validator != "type"] or error.context
        error = max(fitting, key=lambda other: len(other.absolute_path))
    return error


def place_name(path: Any) -> str:
    """Return how a place in the configuration is named.

    >>> place_name(["models", "cnn", "epochs"]), place_name([])
    ('`models: cnn: epochs`', 'The configuration')
    """
    name = ": ".join(map(str, path)).replace("\n", "\\n")
    return f"`{name}`" if path else "The configuration"


def _path(error: ValidationError) -> tuple:
    """Return the place of what is wrong, of a name also if it names an entry."""
    return (*error.absolute_path, *([error.instance] if "propertyNames" in error.absolute_schema_path else []))


def _sentences(error: ValidationError) -> Iterator[str]:
    """Yield what is wrong at one place."""
    place = place_name(_path(error))
    say = SENTENCES.get(str(error.validator))
    for what in say(error) if say else [f": {error.message}"]:
        yield f"{place}{what}."


def _unknown_keys(error: ValidationError) -> Iterator[str]:
    """Yield the keys that are not known."""
    known = list(error.schema.get("properties", {}))
    for key in sorted(map(str, set(error.instance) - set(known))):
        if key in MOVED and not error.absolute_path:
            unit = ", in MiB" if key.endswith("_mb") else ""
            yield f" has the key `{key}`, which is now `machine: {key.replace('_mb', '_mib')}`{unit}; move it there"
        else:
            yield f" has the key `{key}`, which is not known there; {meant(key, known)}"


def _missing_keys(error: ValidationError) -> Iterator[str]:
    """Yield the keys that have to be there."""
    for key in (key for key in error.validator_value if key not in error.instance):
        yield f" lacks `{key}`{_about(error.schema, key)}"


def _wrong_type(error: ValidationError) -> Iterator[str]:
    """Yield what a value is not."""
    wanted = error.validator_value
    names = " or ".join(TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))
    hint = f"; {OTHER_NAME}" if error.instance is None and len(error.absolute_path) > 2 else ""
    yield f" is {_shown(error.instance)}, which is not {names}{_about(error.schema)}{hint}"


def _not_among(error: ValidationError) -> Iterator[str]:
    """Yield what a value may be."""
    known = list(map(str, error.validator_value))
    yield f" is {_shown(error.instance)}, which is not among what it may be; {meant(str(error.instance), known)}"


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


def _reversed(error: ValidationError) -> Iterator[str]:
    """Yield that a range is none."""
    yield f" is {_shown(error.instance)}, which is reversed; give the lower bound first"


def _wrong_form(error: ValidationError) -> Iterator[str]:
    """Yield the form that a text has to have."""
    what = "has a name that" if "propertyNames" in error.absolute_schema_path else f"is {_shown(error.instance)}, which"
    yield f" {what} does not have the form{_about(error.schema) or f' {error.validator_value}'}"


def _excluded(error: ValidationError) -> Iterator[str]:
    """Yield the keys that may not be there."""
    excluded = [*error.validator_value.get("required", [])]
    excluded += [key for other in error.validator_value.get("anyOf", []) for key in other.get("required", [])]
    there = [key for key in excluded if key in error.instance]
    yield f" has `{'` and `'.join(there)}`, which cannot stand beside the rest of it; {OTHER_NAME}"


SENTENCES: dict[str, Callable[[ValidationError], Iterator[str]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_keys,
    "type": _wrong_type,
    "enum": _not_among,
    "minItems": _too_few,
    "minProperties": _too_few,
    "uniqueItems": _twice,
    "ascending": _reversed,
    "pattern": _wrong_form,
    "not": _excluded,
} | dict.fromkeys(BOUNDS, _out_of_bounds)


def meant(word: str, known: list[str]) -> str:
    """Return what was probably meant by a word, or else all that is known."""
    if not known:
        return "there is nothing that it could be"
    spelled = {name.lower(): name for name in reversed(known)}
    near = get_close_matches(word.lower(), spelled, n=1)
    return f"`{spelled[near[0]]}` was probably meant" if near else f"known are `{'`, `'.join(known)}`"


def _about(schema: dict, key: str | None = None) -> str:
    """Return the description of a place or of its ``key``, in brackets, if the schema has one."""
    about = schema.get("properties", {}).get(key, {}) if key else schema
    text = about.get("description", "").strip().rstrip(".")
    text = " ".join(text.split())
    return f" ({text if text[1:2].isupper() else text[:1].lower() + text[1:]})" if text else ""


def _shown(value: Any) -> str:
    """Return a value as it may be shown in a sentence."""
    text = "empty (null)" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _undefined_numbers(value: Any, path: tuple) -> Iterator[tuple[tuple, str]]:
    """Yield the place and a sentence for each number that is NaN or infinite."""
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _undefined_numbers(part, (*path, key))
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"{place_name(path)} is {value}, which nothing can be computed with."
