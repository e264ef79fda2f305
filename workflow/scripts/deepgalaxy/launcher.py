"""How many processes and cores a training run gets, and how they are started."""

import os
from pathlib import Path


def launch_command(workers: int) -> list[str]:
    """Return the command that starts ``workers`` ranks of the program that follows it; nothing for a single one.

    Ranks are not bound to cores, since TensorFlow's threads fill the cores that a rank is given; there may be more
    ranks than cores; and a rank that waits for others gives its core away rather than spin on it.
    """
    if workers == 1:
        return []
    return [
        *("mpirun", "-np", str(workers)),
        *("--bind-to", "none", "--oversubscribe", "--allow-run-as-root"),
        *("--mca", "mpi_yield_when_idle", "1"),
    ]


def training_threads(workers: int, cores: int | None) -> int:
    """Return the cores that a training run asks for: all there are on one machine, at least one for each rank."""
    return max(workers, cores or 1)


def export_import_path() -> None:
    """Let the processes that this one starts import this package, by the environment variable PYTHONPATH."""
    package_parent = str(Path(__file__).parents[1])
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", package_parent)]
    os.environ["PYTHONPATH"] = os.pathsep.join((package_parent, *others))
