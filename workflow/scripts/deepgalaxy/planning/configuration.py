"""One form for what may be written in several ways."""

from contextlib import suppress
from typing import Any


def read_numbers(section: dict) -> dict:
    """Return a section of the configuration with numbers where a value is the text of one.

    Snakemake passes on what is nested more than one level under ``config:`` of a profile as text.
    """
    return {key: _number(value) if isinstance(value, str) else value for key, value in section.items()}


def whole_numbers(section: Any) -> Any:
    """Return a section of the configuration with integers where a number is whole, as 2020 where 2020.0 is written."""
    if isinstance(section, dict):
        return {key: whole_numbers(value) for key, value in section.items()}
    if isinstance(section, list):
        return [whole_numbers(value) for value in section]
    return int(section) if isinstance(section, float) and section.is_integer() else section


def _number(text: str) -> int | float | str:
    """Return the number that a text represents, or the text."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def in_order(section: Any) -> Any:
    """Return a section of the configuration with the keys of all mappings sorted.

    A rule whose parameters are the same in another order would be run again.
    """
    if isinstance(section, dict):
        return {key: in_order(section[key]) for key in sorted(section)}
    if isinstance(section, list):
        return [in_order(item) for item in section]
    return section
