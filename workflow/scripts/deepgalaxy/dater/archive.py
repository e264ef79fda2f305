"""The file of a dater: a zip of plain members, the same for the same dater, of which reading runs no code."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from deepgalaxy.files import whole_file

FORMAT = 1
"""Of the members and what they hold. A file of another one is refused."""
DESCRIPTION = "dater.json"
MEMBERS = (
    *("model.keras", "classes.csv", "properties.csv", "calibration.json"),
    *("training.csv", "features.npy", "card.md"),
)
"""All members but DESCRIPTION, which has the digest of each, and of itself without these."""


def write_archive(members: dict[str, bytes], description: dict[str, Any], output: str | Path) -> None:
    """Write a dater: MEMBERS by name, and a ``description`` in JSON, to which format and digests are added.

    Nothing is compressed and no date is kept, so that the bytes depend on nothing else. Raises ValueError if a member
    is missing.
    """
    if missing := [name for name in MEMBERS if name not in members]:
        raise ValueError(f"A dater needs {missing[0]}.")
    description = description | {"format": FORMAT}
    about = json_bytes(description | {"sha256": _digests(members, description)})
    with whole_file(output) as whole, zipfile.ZipFile(whole, "w") as archive:
        for name, content in ((DESCRIPTION, about), *((name, members[name]) for name in MEMBERS)):
            archive.writestr(zipfile.ZipInfo(name), content)  # dated 1980, unless told otherwise


def read_archive(path: str | Path) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the members of a dater, and its description.

    Members are read by their names, and nothing is unpacked. Raises ValueError, in one sentence, for what is no dater,
    is damaged, or is of another format.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path} is not a file; a dater is what the rule pack_dater writes, results/…/dater.zip.")
    try:
        with zipfile.ZipFile(path) as archive:
            there = set(archive.namelist())
            if DESCRIPTION not in there:
                raise ValueError(f"{path} is a zip file, but not a dater: it has no {DESCRIPTION}.")
            description = json.loads(archive.read(DESCRIPTION))
            if not isinstance(description, dict) or "format" not in description:
                raise ValueError(f"{path} is not a dater: its {DESCRIPTION} names no format.")
            if description["format"] != FORMAT:
                raise ValueError(
                    f"{path} has the format {description['format']}, and this version of deepgalaxy reads {FORMAT}; use"
                    " the version that wrote it, or pack it again."
                )
            if missing := [name for name in MEMBERS if name not in there]:
                raise ValueError(f"{path} is incomplete: it has no {missing[0]}; copy it again.")
            members = {name: archive.read(name) for name in MEMBERS}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is damaged, or no zip file: {error}; copy it again.") from None
    except json.JSONDecodeError:
        raise ValueError(f"{path} is damaged: its {DESCRIPTION} is not JSON; copy it again.") from None
    recorded = description.pop("sha256", None)
    for name, digest in _digests(members, description).items():
        if not isinstance(recorded, dict) or recorded.get(name) != digest:
            raise ValueError(f"{path} is damaged: {name} is not what was packed; copy it again.")
    return members, description


def _digests(members: dict[str, bytes], description: dict[str, Any]) -> dict[str, str]:
    """Return the SHA-256 digests of MEMBERS, and of a description without these, by name."""
    contents = {DESCRIPTION: json_bytes(description), **{name: members[name] for name in MEMBERS}}
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def array_bytes(array: np.ndarray) -> bytes:
    """Return an array in NumPy's own format, without pickles."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def read_array(content: bytes) -> np.ndarray:
    """Return the array of ``array_bytes``; raises ValueError for one that would need a pickle."""
    return np.load(io.BytesIO(content), allow_pickle=False)


def json_bytes(item: Any) -> bytes:
    """Return what JSON can hold as text, in lines, in UTF-8."""
    return (json.dumps(item, indent=2, ensure_ascii=False) + "\n").encode()
