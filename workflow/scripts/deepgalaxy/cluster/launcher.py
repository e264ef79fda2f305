"""Run the command that starts a training run's ranks, such as mpirun, so that a request to stop reaches them in time.

``python -m deepgalaxy.cluster.launcher [--stop-minutes MINUTES] mpirun -np 4 python -m deepgalaxy.train …``
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import IO

from deepgalaxy.cluster.own_mpi import environment_of_launcher
from deepgalaxy.cluster.slurm import seconds_left
from deepgalaxy.lifetime import GRACE_S, die_with, environment_of_children, on_stop_signals, once_ended, starters
from deepgalaxy.logs import begin_attempt, kept_log, lossy, write_or_lose

LOG = "DEEPGALAXY_LOG"
"""The environment variable that names the log file; standard error is the log if it is not set."""

LAST_WORDS_S = 10.0
"""How long what ranks have printed is waited for after they have ended."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m deepgalaxy.cluster.launcher", description=(__doc__ or "").partition("\n")[0]
    )
    about = "in a SLURM job, stop this many minutes before its time limit"
    parser.add_argument("--stop-minutes", type=float, default=0, help=about)
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run")
    args = parser.parse_args()
    log = ExitStack()
    if LOG in os.environ:
        os.dup2(log.enter_context(kept_log(Path(os.environ[LOG]), "train_model", lossy(os.dup(2)))), 2)
    sys.stderr = lossy(2)
    begin_attempt("train_model")
    status = run_launcher(args.command, seconds_until_stop(60 * args.stop_minutes))
    if not status:
        log.close()  # that of a failure is kept
    os._exit(status)  # without waiting for threads that may never read to the end


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

    SIGINT, SIGTERM and SIGHUP, on which mpirun kills its ranks within a second, are passed on as SIGUSR1, which it
    gives to them: they save a checkpoint and stop. The same is sent after ``stop_after_seconds``, and when this process
    ends, or the Snakemake that started it. A second signal ends the launcher.

    What the ranks print goes to standard error, the log, and their standard output to this one's, too; what cannot be
    written there is lost. If there is no such program, a sentence goes there, and 127 is returned, as by a shell.
    """
    if not shutil.which(command[0]):
        sentence = (
            f"train_model: There is no {command[0]} here to start several workers: set `workers: [1]`, install it (by"
            " `make setup`, for CPUs), or name another as `machine: launcher`.\n"
        )
        for target in (1, 2):
            write_or_lose(target, sentence.encode())
        return 127
    launcher = subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=partial(die_with, os.getpid(), signal.SIGUSR1),
        env=environment_of_launcher(command[0]) | environment_of_children(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    copies = [_copying(launcher.stdout, (1, 2)), _copying(launcher.stderr, (2,))]
    asked: list[str] = []

    def pass_on(why: str) -> None:
        launcher.send_signal(signal.SIGTERM if asked else signal.SIGUSR1)
        asked.append(why)

    def end_with_starter() -> None:
        pass_on("the end of Snakemake")
        time.sleep(GRACE_S)
        pass_on("the end of Snakemake")

    on_stop_signals(pass_on)
    once_ended(starters(), end_with_starter)
    if stop_after_seconds is not None:
        timer = threading.Timer(stop_after_seconds, launcher.send_signal, [signal.SIGUSR1])
        timer.daemon = True
        timer.start()
    status = launcher.wait()
    with suppress(ProcessLookupError):
        os.killpg(launcher.pid, signal.SIGKILL)  # what it has left behind
    for copy in copies:
        copy.join(LAST_WORDS_S)
    return status if status >= 0 else 128 - status


def _copying(source: IO[bytes] | None, targets: tuple[int, ...]) -> threading.Thread:
    """Return a thread that copies lines to some file descriptors, as long as any may arrive."""

    def copy() -> None:
        for line in source or ():
            for target in targets:
                write_or_lose(target, line)

    thread = threading.Thread(target=copy, daemon=True)
    thread.start()
    return thread


if __name__ == "__main__":
    main()
