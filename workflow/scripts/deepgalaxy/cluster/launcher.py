"""Run the command that starts a training run's ranks, such as mpirun, so that a request to stop reaches them in time.

``python -m deepgalaxy.cluster.launcher [--stop-minutes MINUTES] mpirun -np 4 python -m deepgalaxy.train …``
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading

from deepgalaxy.cluster.own_mpi import environment_of_launcher
from deepgalaxy.cluster.slurm import seconds_left


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m deepgalaxy.cluster.launcher", description=__doc__.splitlines()[0])
    about = "in a SLURM job, stop this many minutes before its time limit"
    parser.add_argument("--stop-minutes", type=float, default=0, help=about)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run")
    args = parser.parse_args()
    sys.exit(run_launcher(args.command, seconds_until_stop(60 * args.stop_minutes)))


def seconds_until_stop(margin_seconds: float) -> float | None:
    """Return how long this SLURM job may run until ``margin_seconds`` before its limit; None if it has no limit.

    A job that has less than twice the margin left runs for half of that.
    """
    job_id = os.environ.get("SLURM_JOB_ID")
    if not job_id:
        return None
    try:
        left = seconds_left(job_id)
    except ValueError as error:
        print(f"launcher: {error} Training will not be stopped before the job's time limit.", file=sys.stderr)
        return None
    return None if left is None else max(left - margin_seconds, left / 2)


def run_launcher(command: list[str], stop_after_seconds: float | None = None) -> int:
    """Run a command that starts ranks to its end and return its exit status.

    SIGINT and SIGTERM, on which mpirun kills its ranks within a second, are passed on as SIGUSR1, which it gives to
    them: they save a checkpoint and stop. The same is sent after ``stop_after_seconds``. A second signal ends the
    launcher. The launcher does not outlive this process.
    """
    environment = environment_of_launcher(command[0])
    with subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=_die_with_parent) as launcher:
        asked: list[int] = []

        def pass_on(number: int, _frame: object) -> None:
            launcher.send_signal(signal.SIGTERM if asked else signal.SIGUSR1)
            asked.append(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, pass_on)
        if stop_after_seconds is not None:
            timer = threading.Timer(stop_after_seconds, launcher.send_signal, [signal.SIGUSR1])
            timer.daemon = True
            timer.start()
        status = launcher.wait()
    return status if status >= 0 else 128 - status


def _die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux's PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == "__main__":
    main()
