"""How the processes that a workflow starts find this package, in whatever Python environment they run."""

import os
from pathlib import Path


def package_parent() -> Path:
    """Return the directory in which this package lies."""
    return Path(__file__).parents[2]


def link_package(directory: str | Path) -> Path:
    """Make a directory with a link to this package and nothing else, and return its absolute path.

    It is an import path for a package that was installed, next to which lie others that must not be imported.
    """
    directory = Path(directory).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    package = Path(__file__).parents[1]
    link, new = directory / package.name, directory / f".{package.name}-{os.getpid()}"
    if not link.is_symlink() or link.resolve() != package.resolve():
        new.symlink_to(package.resolve())
        new.replace(link)
    return directory


def export_import_path(directory: str | Path) -> None:
    """Let the processes that this one starts import what lies in a directory, by the variable PYTHONPATH."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    others = [path for path in paths if path not in ("", str(directory))]
    os.environ["PYTHONPATH"] = os.pathsep.join((str(directory), *others))
