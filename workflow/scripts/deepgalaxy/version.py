"""Which version of the workflow this is: the one in pyproject.toml, which is written down nowhere else in the code."""

import tomllib
from importlib.metadata import distributions
from pathlib import Path

PROJECT = "deepgalaxy-workflow"
"""The name under which this package is installed."""

UNKNOWN = "unknown"


def workflow_version(package: str | Path = Path(__file__).parent) -> str:
    """Return the version of a directory of this package, or UNKNOWN if nothing around it says so.

    In a checkout it is read from pyproject.toml: what is installed in the same environment may be another version. Of
    an installed package, also one that is imported through a link from another environment, the metadata lie beside it.
    """
    package = Path(package).resolve()
    project = package.parents[2] / "pyproject.toml"  # of a checkout, where the package is in workflow/scripts
    if project.is_file():
        about = tomllib.loads(project.read_text(encoding="utf-8")).get("project", {})
        if about.get("name") == PROJECT:
            return about["version"]
    installed = next(iter(distributions(name=PROJECT, path=[str(package.parent)])), None)
    return installed.version if installed else UNKNOWN
