"""Say in one sentence if pip has not installed what it was asked for: python envs/check_installed.py REQUIREMENTS...

pip ends well, and the environment stays empty, where a setting in a variable or in pip.conf sends packages elsewhere.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def missing(requirements: str | Path) -> list[str]:
    """Return the pins of a lock file that the running Python does not have."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", Path(requirements).read_text(encoding="utf-8"), re.MULTILINE)
    return [f"{name}=={pinned}" for name, pinned in pins if _installed(name) != pinned]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    for file in sys.argv[1:]:
        if names := missing(file):
            sys.exit(
                f"pip has not installed {', '.join(names[:3])}{' and others' if names[3:] else ''} of {file} in"
                f" {sys.prefix}, and reported no error: look in `python3 -m pip config list` and among the variables"
                " PIP_* for a setting that sends packages elsewhere, and unset it."
            )
