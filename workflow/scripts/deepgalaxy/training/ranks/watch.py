"""What ends a training run from outside: a request to stop, or a lack of progress."""

import os
import signal
import sys
import threading
import time

from deepgalaxy.lifetime import on_stop_signals

STOPPED = 75
"""Exit status of a run that was stopped on request and can be resumed (EX_TEMPFAIL of sysexits.h)."""


class Stopped(Exception):
    """Training was stopped on request, after a checkpoint was saved."""


class StopRequest:
    """Notes a signal that asks to stop, from its creation on; ``signal`` is the signal's name, or empty."""

    def __init__(self) -> None:
        self.signal = ""
        on_stop_signals(self._note, also=[signal.SIGUSR1])

    def _note(self, name: str) -> None:
        self.signal = name


class Watchdog:
    """Ends this process, and so the whole run, if ``heartbeat`` is not called for ``seconds``.

    A rank that waits for another one that is frozen waits in the MPI library, where no exception reaches it; that is
    why a thread ends the process without any clean-up. The reason goes to standard output and standard error.
    """

    def __init__(self, seconds: float, rank: int) -> None:
        self.seconds, self.rank, self._last_beat = seconds, rank, time.monotonic()
        threading.Thread(target=self._watch, daemon=True).start()

    def heartbeat(self) -> None:
        """Note that this rank makes progress."""
        self._last_beat = time.monotonic()

    def _watch(self) -> None:
        while time.monotonic() - self._last_beat < self.seconds:
            time.sleep(min(1.0, self.seconds / 4))
        reason = (
            f"train_model: rank {self.rank} has waited for {self.seconds:.0f} s without finishing a step; some rank is"
            " frozen or unreachable, or the limit `stall_minutes` is too short. Run again: training resumes from its"
            " last checkpoint."
        )
        for stream in (sys.stdout, sys.stderr):
            print(reason, file=stream, flush=True)
        os._exit(1)
