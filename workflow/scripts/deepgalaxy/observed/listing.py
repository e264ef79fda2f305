"""Which files of a directory are taken for images."""

import os
from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".fits", ".fit", ".fts", ".fits.gz")


def list_observed(directory: str | Path) -> list[str]:
    """Return what in a directory is named like an image, in upper or lower case, and is not hidden: sorted paths.

    Raises ValueError if there is no such directory, no such name in it, or one that a workflow cannot hand on.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ValueError(f"`observed: directory` is {str(directory)!r}, and there is no such directory.")
    names = sorted(
        entry.name
        for entry in directory.iterdir()
        if entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith(".")
    )
    if not names:
        raise ValueError(f"`observed: directory` {str(directory)!r} has no file that ends in {', '.join(SUFFIXES)}.")
    for name in names:
        # Snakemake fills in what is in such brackets.
        if set(name) & set("<>{}") or not name.isprintable():
            raise ValueError(
                f"Rename {name!r} in {str(directory)!r}: it contains one of < > {{ }}, or cannot be printed."
            )
    return [str(directory / name) for name in names]


def readable_files(paths: list[str]) -> list[str]:
    """Return those of some paths that are files, or links to files, and may be read."""
    return [path for path in paths if os.path.isfile(path) and os.access(path, os.R_OK)]
