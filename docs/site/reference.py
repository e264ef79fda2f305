"""The reference pages that are made: all options from the schema, all tables from the docstrings of what makes them.

``python docs/site/reference.py`` (`make docs`) writes docs/options.md and docs/tables.md.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow/scripts/deepgalaxy"
WIDTH = 140
MOST_NAMES = 10
"""Longer lists of names are not written out."""

LIMITS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
WORDS = {"string": "text", "boolean": "`true`, `false`", "object": "section"}
PLURALS = {"integer": "integers", "number": "numbers", "text": "texts", "section": "sections"}

ENTRIES = ("datasets", "samples", "models", "encoders")
"""Sections whose keys are names that a user gives."""

RUN = "<dataset>/<sample>/<model>/workers~<n>/repeat~<n>"
SAMPLE = "<dataset>/<sample>"
ENCODER = "<dataset>/<sample>/<encoder>/workers~<n>/repeat~<n>"
TABLES = {
    "metrics": [
        "evaluation/metrics.py:score_predictions",
        "evaluation/intervals.py:score_intervals",
        "evaluation/ranking.py:rank_runs",
    ],
    "summary": ["evaluation/metrics.py:summarise_repeats"],
    "skill": ["evaluation/skill.py:measure_skill"],
    f"baselines/{SAMPLE}": ["baselines/scores.py:score_baselines"],
    f"errors/{RUN}": ["evaluation/error_breakdown.py:break_down_errors"],
    f"intervals/{RUN}": ["evaluation/interval_breakdown.py:tabulate_intervals"],
    f"isolated/{RUN}": ["evaluation/isolated.py:tabulate_isolated"],
    f"properties/{RUN}": ["properties/table.py:tabulate_properties"],
    f"robustness/{RUN}": ["evaluation/robustness_table.py:tabulate_robustness"],
    f"novelty/{RUN}": ["dater/trial.py:measure_novelty"],
    f"observed_reference/{RUN}": ["observed/agreement.py:compare_with_reference"],
    f"observed_agreement/{RUN}": ["observed/agreement.py:summarise_agreement"],
    f"encoders/reconstruction/{ENCODER}": ["encoder/reconstruction.py:tabulate_reconstruction"],
    f"encoders/latent/{ENCODER}": [
        "encoder/retrieval.py:tabulate_retrieval",
        "encoder/retrieval.py:score_retrieval",
        "encoder/scores.py:score_spaces",
    ],
    f"sweeps/{SAMPLE}/<model>": ["training/sweep_table.py:tabulate_sweep"],
    "throughput": ["scaling/throughput.py:summarise_throughput"],
    "scaling": ["scaling/throughput.py:scaling_table"],
    f"scaling_model/{SAMPLE}/<model>": ["scaling/model.py:predict_scaling"],
    "comparison": ["evaluation/comparison.py:compare_experiments"],
    "differing_settings": ["evaluation/comparison.py:differing_settings"],
    "claims": ["evaluation/claims.py:judge_claims"],
}
"""The functions that make a table, or a row of it, by its path below results/tables/."""


def options_page(schema: dict[str, Any]) -> str:
    """Return a page in Markdown that describes all options of a configuration's ``schema``."""
    lines = [
        "# Options",
        "",
        *_wrapped(
            "All that a configuration may say, by section, from `workflow/schemas/config.schema.yaml`, by `make docs`. "
            "In brackets: what the value may be, and what it is where it is not given. Other keys are refused. "
            "[Configuration](../config/README.md) says how to use them."
        ),
    ]
    for name, section in schema["properties"].items():
        section = _resolved(section, schema)
        lines += ["", f"## `{name}`", "", *_wrapped(_linked(section["description"]))]
        if name in ENTRIES:
            lines += ["", "Each entry, under a name of yours:"]
            section = _resolved(section["additionalProperties"], schema)
        if items := list(_items(section, schema, 0)):
            lines += ["", *items]
    return "\n".join(lines) + "\n"


def _items(part: dict[str, Any], schema: dict[str, Any], level: int) -> Iterator[str]:
    """Yield list items for the keys of a part of the schema, those of its alternatives, and theirs in turn."""
    for alternative in _alternatives(part, schema):
        yield from _wrapped(_linked(alternative["description"]), level)
        yield from _items(alternative, schema, level + 1)
    described = _described(part, schema)
    for name, key in described.get("properties", {}).items():
        key = _resolved(key, schema)
        shared = _shared_with_models(key, schema)
        facts = [shared or _kind(key, schema)]
        if name in described.get("required", ()):
            facts.append("required")
        elif "default" in key and key["default"] not in ({}, ""):
            facts.append(f"default {_code(key['default'])}")
        said = f": {_linked(key['description'])}" if "description" in key else ""
        yield from _wrapped(f"**`{name}`** ({'; '.join(fact for fact in facts if fact)}){said}", level)
        if not shared:
            yield from _items(key, schema, level + 1)


def _described(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the part that has the properties: of a list, its items."""
    return _described(_resolved(part["items"], schema), schema) if "items" in part else part


def _alternatives(part: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a part may be, where it may be one of several things with properties of their own."""
    either = [part[word] for word in ("then", "else") if word in part] + part.get("oneOf", [])
    resolved = [_resolved(one, schema) for one in either]
    return [one for one in resolved if "description" in one and "properties" in _described(one, schema)]


def _shared_with_models(part: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return in words which options of a model, or lists of their values, a part has; empty if it has others."""
    options, keys = schema["$defs"]["model"]["properties"], part.get("properties", {})
    lists = {name: _resolved(key.get("items", {}), schema) for name, key in keys.items()}
    for what, properties in (("", keys), ("lists of values of ", lists)):
        if properties and all(about == options.get(name) for name, about in properties.items()):
            first, *_, last = properties
            return f"{what}options of [models](#models), `{first}` to `{last}`"
    return ""


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the schema with what it refers to; what it says itself counts."""
    if "$ref" not in part:
        return part
    referred = schema
    for key in part["$ref"].removeprefix("#/").split("/"):
        referred = referred[key]
    return _resolved(referred, schema) | {key: value for key, value in part.items() if key != "$ref"}


def _kind(key: dict[str, Any], schema: dict[str, Any]) -> str:
    """Return in words what a key may be."""
    if "oneOf" in key:
        return ", or ".join(_kind(_resolved(one, schema), schema) for one in key["oneOf"])
    if "enum" in key:
        names = key["enum"]
        return ", ".join(map(_code, names)) if len(names) <= MOST_NAMES else f"one of {len(names)} names in the schema"
    if key.get("type") == "array":
        items = {"type": "number"} | _resolved(key.get("items", {}), schema)
        word, _, limits = _kind(items, schema).partition(",")
        return f"{'range' if key.get('ascending') else 'list'} of {PLURALS.get(word, word)}{limits and ','}{limits}"
    kind = WORDS.get(key.get("type", ""), key.get("type", ""))
    limits = [f"{words} {key[limit]}" for limit, words in LIMITS.items() if limit in key]
    return ", ".join([kind, *limits])


def _linked(text: str) -> str:
    """Return a text in which pages of docs/ that it names are links, and `<` outside code begins no tag."""
    linked = re.sub(r"docs/([\w-]+)\.md", r"[\g<0>](\1.md)", text.strip())
    return re.sub(r"`[^`]*`|<", lambda match: "\\<" if match[0] == "<" else match[0], linked)


def _code(value: object) -> str:
    return f"`{yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}`"


def tables_page() -> str:
    """Return a page in Markdown that describes all tables of results, each as what makes it does."""
    lines = [
        "# Tables",
        "",
        *_wrapped(
            "The CSV files below `results/tables/` and their columns, as the docstrings of the functions that make "
            "them describe them, by `make docs`. What stands in brackets or in capitals is a name in the code. "
            "Columns with the limits of an interval are called like the figure, with `_low` or `_high` at the end; "
            "where there are columns of 68 % and of 90 %, those of 68 % are described. Tables of several runs begin "
            "with `dataset`, `sample`, `fold`, `model`, `workers` and `repeat`. `classes` and `test_images` say how "
            "many there are. The table of observed images has a [page of its own](observed.md#the-table); what the "
            "figures mean is explained in [evaluation](evaluation.md) and [scaling](scaling.md)."
        ),
    ]
    for name, makers in TABLES.items():
        lines += ["", f"## `{name}.csv`"]
        for maker in makers:
            file, _, function = maker.partition(":")
            lines += ["", f"From `{function}` in `{file}`:", "", *_in_markdown(docstring(PACKAGE / file, function))]
    return "\n".join(lines) + "\n"


def docstring(file: Path, function: str) -> str:
    """Return the docstring of a function of a module, which is not imported.

    Raises ValueError if there is none.
    """
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == function and (text := ast.get_docstring(node)):
            return inspect.cleandoc(text)
    raise ValueError(f"{file} has no function {function} with a docstring.")


def _in_markdown(text: str) -> list[str]:
    """Return lines of Markdown for a docstring, without what it says of errors."""
    lines = []
    text = re.sub(r"\bRaises .*?(?=\n\n|\Z)", "", text.replace("``", "`"), flags=re.DOTALL)
    text = re.sub(r"\AReturn,? (.)", lambda match: match[1].upper(), _linked(text))
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            lines += ["", *(line for item in re.split(r"\n(?=- )", paragraph) for line in _lines_of(item))]
    return lines[1:]


def _lines_of(item: str) -> list[str]:
    return _wrapped(item.removeprefix("- "), 0) if item.startswith("- ") else _wrapped(item)


def _wrapped(text: str, level: int | None = None) -> list[str]:
    """Return lines of a paragraph, or of an item of a list at some level."""
    start = "" if level is None else f"{'  ' * level}- "
    return textwrap.wrap(
        " ".join(text.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )


def pages() -> dict[Path, str]:
    """Return the pages that are made, by path."""
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    return {ROOT / "docs/options.md": options_page(schema), ROOT / "docs/tables.md": tables_page()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
