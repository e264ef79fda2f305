"""Which files of a directory are taken for images, and what is said of them."""

import hashlib
import os
from pathlib import Path

FITS_SUFFIXES = tuple(
    f".{name}{compression}" for name in ("fits", "fit", "fts") for compression in ("", ".gz", ".bz2", ".xz", ".fz")
)
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", *FITS_SUFFIXES)
CUTOUTS = "`models: … background`"
"""What a directory of cut-outs of the sky is to the user."""


def list_observed(directory: str | Path, called: str = "`observed: directory`") -> list[str]:
    """Return what in a directory is named like an image, in upper or lower case, and is not hidden: sorted paths.

    ``called`` is what the directory is to the user. Raises ValueError if there is no such directory, if it may not be
    read, or if no such name is in it.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise ValueError(f"{called} is {str(directory)!r}, and there is no such directory.")
    try:
        names = sorted(entry.name for entry in directory.iterdir())
    except OSError as error:
        raise ValueError(f"{called} {str(directory)!r} cannot be read: {error.strerror}.") from error
    names = [name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    if not names:
        raise ValueError(f"{called} {str(directory)!r} has no file that ends in {', '.join(SUFFIXES)}.")
    return [str(directory / name) for name in names]


def list_cutouts(directory: str | Path) -> list[str]:
    """Return the paths of the cut-outs in a directory, as ``list_observed`` does of observed images; raise ValueError
    as it does."""
    return list_observed(directory, CUTOUTS)


def shown_name(path: str | Path) -> str:
    r"""Return the name of a file for tables and figures: what cannot be printed, and the backslash, as in Python.

    Different names stay different, and what is no text in the system's encoding can be written in any.

    >>> shown_name("observed/Screenshot 9.41\u202fAM\n.png")
    'Screenshot 9.41\\u202fAM\\n.png'
    """
    return printable(Path(path).name.replace("\\", r"\\"))


def printable(text: str) -> str:
    """Return a text with what cannot be printed as Python writes it."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def is_readable(path: str | Path) -> bool:
    """Return whether a path is a file, or a link to one, and may be read."""
    return os.path.isfile(path) and os.access(path, os.R_OK)


def inputs_of_a_rule(paths: list[str]) -> list[str]:
    """Return those of some paths that are readable files, and that Snakemake can hand on and record.

    It fills in what is in brackets, and writes names into its messages.
    """
    return [path for path in paths if is_readable(path) and not set(path) & set("<>{}") and path.isprintable()]


def digest_listing(paths: list[str]) -> str:
    """Return a SHA-256 in hexadecimal that changes if a file comes, goes, or is written: of names, sizes and times.

    As a parameter of a rule it stands for all files, those that are no inputs of it among them.
    """
    entries = [(os.fsencode(path), *_size_and_time(path)) for path in paths]
    return hashlib.sha256(repr(entries).encode()).hexdigest()


def _size_and_time(path: str) -> tuple[int, int]:
    """Return the bytes of a readable file and when it was last written, in ns; zeros for all else."""
    if not is_readable(path):
        return 0, 0
    status = Path(path).stat()
    return status.st_size, status.st_mtime_ns
