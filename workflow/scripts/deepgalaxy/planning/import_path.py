"""How the processes that a workflow starts find this package, in whatever Python environment they run."""

import os
import site
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


def without_foreign(search_path: list[str], host: str | Path) -> list[str]:
    """Return an import path without what a user has in PYTHONPATH or installed for all environments, which does not
    reach the processes of ``export_import_path`` either: the versions that are found are then those of these.
    """
    foreign = [path for path in _from_variable() if not _holds(path, host)]
    if not _holds(site.getusersitepackages(), host):
        foreign.append(site.getusersitepackages())
    resolved = {Path(path).resolve() for path in foreign}
    return [path for path in search_path if not path or Path(path).resolve() not in resolved]


def _from_variable() -> list[str]:
    return list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))


def _holds(directory: str, file: str | Path) -> bool:
    return Path(file).resolve().is_relative_to(Path(directory).resolve())


def export_import_path(directory: str | Path, host: str | Path) -> None:
    """Let the processes that this one starts import what lies in a directory, by the variable PYTHONPATH.

    What a user has there or installed for all environments does not reach them, except a path below which ``host``
    lies, a file of the program that runs the workflow: some sites provide programs by that variable.
    """
    needed = [path for path in _from_variable() if path != str(directory) and _holds(path, host)]
    os.environ["PYTHONPATH"] = os.pathsep.join((str(directory), *needed))
    os.environ["PYTHONNOUSERSITE"] = "1"
