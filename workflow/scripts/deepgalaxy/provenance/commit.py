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
        directory, command = repository, ["rev-parse", f"{version}^{{commit}}"]
    else:
        command = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return _git(directory, *command).decode().strip()
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
    try:
        archive = _git(repository, "archive", version)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"").decode().strip() or error
        raise ValueError(f"Version {version} of the workflow cannot be read from {repository}: {reason}") from None
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extraction_filter = getattr(tarfile, "data_filter", None)  # which Python before 3.11.4 lacks
        files.extractall(directory)


def _git(directory: str | Path, *command: str) -> bytes:
    """Return what a git command says of the repository in a directory, whoever owns it, and of no other.

    Raises OSError without git, subprocess.CalledProcessError if the command fails.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    trusted = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false")
    return subprocess.run(
        ["git", *trusted, "-C", str(directory), *command], env=environment, capture_output=True, check=True
    ).stdout
