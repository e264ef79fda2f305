"""The reference pages that are made: all options from the schema, and all tables (``tables.py``).

``python docs/site/reference.py`` (`make docs`) writes docs/options.md and docs/tables.md.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from markdown_lines import wrapped
from tables import tables_page

ROOT = Path(__file__).parents[2]
MOST_NAMES = 10
"""Longer lists of names are not written out."""

LIMITS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "above", "exclusiveMaximum": "below"}
WORDS = {"string": "text", "boolean": "`true`, `false`", "object": "section"}
PLURALS = {"integer": "integers", "number": "numbers", "text": "texts", "section": "sections"}

ENTRIES = ("datasets", "samples", "models", "encoders")
"""Sections whose keys are names that a user gives."""


def options_page(schema: dict[str, Any]) -> str:
    """Return a page in Markdown that describes all options of a configuration's ``schema``."""
    lines = [
        "# Options",
        "",
        *wrapped(
            "All that a configuration may say, by section, from `workflow/schemas/config.schema.yaml`, by `make docs`. "
            "In brackets: what the value may be, and what it is where it is not given. Other keys are refused. "
            "[Configuration](../config/README.md) says how to use them."
        ),
    ]
    for name, section in schema["properties"].items():
        section = _resolved(section, schema)
        lines += ["", f"## `{name}`", "", *wrapped(_linked(section["description"]))]
        if name in ENTRIES:
            lines += ["", "Each entry, under a name of yours:"]
            section = _resolved(section["additionalProperties"], schema)
        if items := list(_items(section, schema, 0)):
            lines += ["", *items]
    return "\n".join(lines) + "\n"


def _items(part: dict[str, Any], schema: dict[str, Any], level: int) -> Iterator[str]:
    """Yield list items for the keys of a part of the schema, those of its alternatives, and theirs in turn."""
    for alternative in _alternatives(part, schema):
        yield from wrapped(_linked(alternative["description"]), level)
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
        yield from wrapped(f"**`{name}`** ({'; '.join(fact for fact in facts if fact)}){said}", level)
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


def pages() -> dict[Path, str]:
    """Return the pages that are made, by path."""
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    return {ROOT / "docs/options.md": options_page(schema), ROOT / "docs/tables.md": tables_page()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
