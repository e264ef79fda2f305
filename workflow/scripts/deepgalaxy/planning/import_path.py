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


def export_import_path(directory: str | Path, host: str | Path) -> None:
    """Let the processes that this one starts import what lies in a directory, by the variable PYTHONPATH.

    What a user has there or installed for all environments does not reach them, except a path below which ``host``
    lies, a file of the program that runs the workflow: some sites provide programs by that variable.
    """
    paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    needed = [
        path for path in paths if path != str(directory) and Path(host).resolve().is_relative_to(Path(path).resolve())
    ]
    os.environ["PYTHONPATH"] = os.pathsep.join((str(directory), *needed))
    os.environ["PYTHONNOUSERSITE"] = "1"
