"""Which version of the workflow this is."""

import subprocess
from pathlib import Path


def commit_of(directory: str | Path) -> str:
    """Return the git commit of a directory, marked if files were changed since; or say that there is none."""
    command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not under version control"
