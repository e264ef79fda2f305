"""Digests of files, and the file in which the accepted ones are pinned.

A file that was found to have its pinned digest has a note beside it, ``<file>.accepted.json``, so that it is not hashed
again before it changes.
"""

import contextlib
import hashlib
import os
import re
from pathlib import Path

from deepgalaxy.files import read_json, write_json
from deepgalaxy.logs import logger, progress

CHUNK_BYTES = 2**20


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal. Raises ValueError if it changes meanwhile."""
    digest = hashlib.sha256()
    before = _state(path)
    with open(path, "rb") as file:
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        for chunk in progress(chunks, Path(path).stat().st_size, f"bytes of {path} hashed", amount=len):
            digest.update(chunk)
    if _state(path) != before:
        raise ValueError(f"{path} has changed while it was read; run again once nothing writes to it any more.")
    return digest.hexdigest()


def read_checksums(path: str | Path) -> dict[str, str]:
    """Return the digest of each path in a file as ``sha256sum`` writes it; none if there is no such file.

    Raises ValueError if it is no text in UTF-8, or a line is not a SHA-256, two spaces (the second of which ``sha256sum
    --binary`` writes as ``*``) and a path.
    """
    path = Path(path)
    digests = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else []
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8 ({error}); save it as that, and run again.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.*\S)\s*", line)
        if not found:
            raise ValueError(f"{path}, line {number}, is not a SHA-256, two spaces and a path: {line!r}.")
        digests[os.path.normpath(found[2])] = found[1].lower()
    return digests


def accept_sentence(digest: str, path: str | Path, checksums: str | Path) -> str:
    """Return what to do about a file whose digest is not pinned."""
    return (
        f"{checksums} does not say what its SHA-256 should be. If you trust its source, accept it: "
        f"echo '{digest}  {path}' >> {checksums} ; commit that file, and run again. Nothing is downloaded twice."
    )


def verify_file(path: str | Path, checksums: str | Path) -> None:
    """Hash a file again, and note that it is as accepted.

    Raises ValueError if its digest is not the one in ``checksums``, if that has none, or if the file is not there.
    """
    if not Path(path).is_file():
        raise ValueError(f"{path} is not a file; restore it from a copy.")
    pinned = read_checksums(checksums).get(str(path))
    digest = sha256(path)
    if pinned is None:
        raise ValueError(f"{path} was never accepted: {accept_sentence(digest, path, checksums)}")
    if digest != pinned:
        raise ValueError(changed_sentence(path, digest, pinned, checksums))
    note_accepted(path, digest)
    logger.info("%s is unchanged since it was accepted", path)


def verify_if_changed(path: str | Path, checksums: str | Path) -> None:
    """Verify a file like ``verify_file`` if its size or its times differ from those when it was last hashed."""
    pinned = read_checksums(checksums).get(str(path))
    if pinned is None or not is_as_accepted(path, pinned):
        verify_file(path, checksums)


def changed_sentence(path: str | Path, digest: str, pinned: str, checksums: str | Path) -> str:
    """Return what to do about a file that has not the digest that is pinned for it."""
    file = os.path.relpath(Path(path).resolve())
    both = f"it and {path}" if Path(path).is_symlink() else "it"
    return (
        f"{path} has changed since it was accepted: its SHA-256 is {digest}, and {checksums} says {pinned}. "
        f"Restore {file} from a copy, or delete {both} and run again."
    )


def note_accepted(path: str | Path, digest: str) -> None:
    """Note beside a file which digest it was found to have; not where nothing can be written."""
    with contextlib.suppress(OSError):
        write_json({"sha256": digest} | _state(path), _note(path))


def is_as_accepted(path: str | Path, pinned: str) -> bool:
    """Return whether a file was found to have this digest, and has the same size and times as then."""
    try:
        return read_json(_note(path)) == {"sha256": pinned} | _state(path)
    except (OSError, ValueError):
        return False


def _note(path: str | Path) -> Path:
    return Path(f"{path}.accepted.json")


def _state(path: str | Path) -> dict[str, int]:
    """Return what tells cheaply that a file, or the one that it links to, has changed."""
    status = Path(path).stat()
    return {"bytes": status.st_size, "modified_ns": status.st_mtime_ns, "status_changed_ns": status.st_ctime_ns}
