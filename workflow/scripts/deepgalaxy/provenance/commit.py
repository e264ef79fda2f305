"""Which version of the workflow this is, and where its source is."""

import io
import os
import subprocess
import tarfile
from pathlib import Path


def commit_of(directory: str | Path) -> str:
    """Return the git commit of a directory, marked if files were changed since; or say that there is none.

    If there is no such directory, because the workflow is taken from a repository, return the commit that is taken.
    """
    if not Path(directory).is_dir() and (taken := taken_from()):
        repository, version = taken
        command = ["git", "-C", repository, "rev-parse", f"{version}^{{commit}}"]
    else:
        command = ["git", "-C", str(directory), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not under version control"


def taken_from() -> tuple[str, str] | None:
    """Return the git repository on this machine, and the version in it, that the workflow is taken from; None if it is
    taken from a directory.

    The environment variable DEEPGALAXY_REPOSITORY has both, as ``<path>@<version>``.
    """
    repository, _, version = os.environ.get("DEEPGALAXY_REPOSITORY", "").rpartition("@")
    return (repository, version) if repository else None


def unpack_version(repository: str, version: str, directory: str | Path) -> None:
    """Write all files of a version in a git repository into ``directory``.

    Raises ValueError if git does not provide them.
    """
    command = ["git", "-C", repository, "archive", version]
    try:
        archive = subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"").decode().strip() or error
        raise ValueError(f"Version {version} of the workflow cannot be read from {repository}: {reason}") from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(directory, filter="data")
