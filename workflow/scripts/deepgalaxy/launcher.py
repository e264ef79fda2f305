"""How many processes and cores a training run gets, and how they are started.

``python -m deepgalaxy.launcher mpirun …`` runs a launcher such as mpirun so that a request to stop reaches the ranks.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path


def launch_command(workers: int) -> list[str]:
    """Return the command that starts ``workers`` ranks of the program that follows it; nothing for a single one.

    Ranks are not bound to cores, since TensorFlow's threads fill the cores that a rank is given; there may be more
    ranks than cores; and a rank that waits for others gives its core away rather than spin on it.
    """
    if workers == 1:
        return []
    return [
        *("python", "-m", "deepgalaxy.launcher"),
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


def run_launcher(command: list[str]) -> int:
    """Run a launcher to its end and return its exit status.

    SIGINT and SIGTERM, on which mpirun kills its ranks within a second, are passed on as SIGUSR1, which it gives to
    them: they save a checkpoint and stop. A second one ends the launcher. The launcher does not outlive this process.
    """
    with subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent) as launcher:
        asked = []

        def pass_on(number: int, frame: object) -> None:
            launcher.send_signal(signal.SIGTERM if asked else signal.SIGUSR1)
            asked.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, pass_on)
        status = launcher.wait()
    return status if status >= 0 else 128 - status


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux's PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(run_launcher(sys.argv[1:]))
