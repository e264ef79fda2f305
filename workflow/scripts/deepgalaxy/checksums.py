"""Digests of files, and the file in which the accepted ones are pinned."""

import hashlib
import os
from pathlib import Path

from deepgalaxy.logs import logger, progress

CHUNK_BYTES = 2**20


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        for chunk in progress(chunks, Path(path).stat().st_size, f"bytes of {path} hashed", amount=len):
            digest.update(chunk)
    return digest.hexdigest()


def read_checksums(path: str | Path) -> dict[str, str]:
    """Return the digest of each path in a file as ``sha256sum`` writes it; none if there is no such file.

    Raises ValueError if a line is not a SHA-256, two spaces and a path.
    """
    path = Path(path)
    digests = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines() if path.exists() else [], start=1):
        if not line.strip() or line.startswith("#"):
            continue
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or set(digest) - set("0123456789abcdef") or not name:
            raise ValueError(f"{path}, line {number}, is not a SHA-256, two spaces and a path: {line!r}.")
        digests[name] = digest
    return digests


def verify_file(path: str | Path, checksums: str | Path) -> None:
    """Hash a file again.

    Raises ValueError if its digest is not the one in ``checksums``, if that has none, or if one of the two is no file.
    """
    if not Path(checksums).is_file():
        raise ValueError(f"There is no list of digests {checksums}; accepting a dataset makes one.")
    pinned = read_checksums(checksums).get(str(path))
    if pinned is None:
        raise ValueError(f"{checksums} has no line for {path}.")
    if not Path(path).is_file():
        raise ValueError(f"{path} is not a file; restore it from a copy.")
    digest = sha256(path)
    if digest != pinned:
        raise ValueError(
            f"{path} has changed since it was accepted: its SHA-256 is {digest}, and {checksums} says {pinned}. "
            f"Restore {os.path.relpath(Path(path).resolve())} from a copy, or delete it and {path} and run again."
        )
    logger.info("%s is unchanged since it was accepted", path)
