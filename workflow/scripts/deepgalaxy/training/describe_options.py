"""The training options as described outside their definition: in the configuration's schema.

``python -m deepgalaxy.training.describe_options`` (`make docs`) rewrites that part, in the checkout that it is run in.
"""

from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import yaml

from deepgalaxy.training.options import (
    ARCHITECTURES,
    EncoderShape,
    FitOptions,
    TrainingOptions,
    default_of,
    type_of,
)

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array", tuple: "array"}
"""Names of types in a JSON schema."""

LIMITS = {"at_least": "minimum", "above": "exclusiveMinimum", "below": "exclusiveMaximum"}
"""Keywords of a JSON schema for the limits of an option."""

BEGIN, END = "written by `make docs` from workflow/scripts/deepgalaxy/training/options.py", "to here by `make docs`"
"""What the lines before and after a written part say, in a comment."""


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON schemas, by name, of an entry of ``models``, of the training of a stage of an entry of
    ``encoders``, and of such an entry."""
    encoder = options_schema(EncoderShape)
    backbone = {"enum": list(ARCHITECTURES), "description": "The network up to its activation maps."}
    weights = {"enum": ["none", "imagenet"], "default": "none", "description": "Weights that the backbone starts from."}
    encoder["properties"] = {
        "backbone": backbone,
        "weights": weights,
        **encoder["properties"],
        "autoencoder": {"$ref": "#/$defs/fit", "description": "How the autoencoder of images is trained."},
        "vae": {"$ref": "#/$defs/fit", "description": "How the variational autoencoder of its maps is trained."},
    }
    encoder["required"] = ["backbone", "autoencoder", "vae"]
    return {"model": model_schema(), "fit": options_schema(FitOptions), "encoder": encoder}


def model_schema() -> dict[str, Any]:
    """Return the JSON schema of an entry of ``models``: the options, and lists of values of any of them to be tried."""
    schema = options_schema(TrainingOptions)
    tried = {
        name: {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"$ref": f"#/$defs/model/properties/{name}"},
            "description": "Values to be tried.",
        }
        for name in schema["properties"]
    }
    schema["properties"]["sweep"] = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": tried,
        "description": "Options with lists of values: every combination is trained, and one is chosen by validation.",
    }
    return schema


def options_schema(of: type) -> dict[str, Any]:
    """Return the JSON schema of the options that a dataclass of ``deepgalaxy.training.options`` has."""
    options = fields(of)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [option.name for option in options if default_of(option) is MISSING],
        "properties": {option.name: _option_schema(option) for option in options},
    }


def _option_schema(option: Field) -> dict[str, Any]:
    """Return the JSON schema of one option."""
    help, choices = option.metadata["help"], option.metadata["choices"]
    schema: dict[str, Any] = {"enum": list(choices)} if choices else {"type": TYPES[type_of(option)]}
    limits = {LIMITS[name]: limit for name, limit in option.metadata["limits"].items()}
    if type_of(option) is tuple:
        limits = {"items": {"type": "integer"} | limits}
    if type_of(option) is list:
        limits = {"minItems": 2, "maxItems": 2, "ascending": True, "items": {"type": "number"} | limits}
    schema |= limits
    if type_of(option) is dict:
        schema["additionalProperties"] = True  # the schema says everywhere which keys there may be
    if default_of(option) is not MISSING:
        default = default_of(option)
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema | {"description": f"{help[0].upper()}{help[1:]}."}


def written(root: Path) -> dict[Path, str]:
    """Return the files in which the options are described, by path, as they should be; ``root`` is the checkout.

    Raises ValueError if one of them has no such part.
    """
    schema = yaml.safe_dump(schemas(), sort_keys=False, allow_unicode=True, width=116)
    path = root / "workflow/schemas/config.schema.yaml"
    return {path: _between_marks(path, "".join(f"  {line}" for line in schema.splitlines(keepends=True)))}


def _between_marks(path: Path, part: str) -> str:
    """Return a file's text with ``part`` between the lines that hold BEGIN and END."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    marked = [number for mark in (BEGIN, END) for number, line in enumerate(lines) if mark in line]
    if len(marked) != 2:
        raise ValueError(f"{path} must have one line that says {BEGIN!r} and, below, one that says {END!r}.")
    first, last = marked
    return "".join([*lines[: first + 1], part, *lines[last:]])


if __name__ == "__main__":
    for path, text in written(Path.cwd()).items():
        path.write_text(text, encoding="utf-8")
