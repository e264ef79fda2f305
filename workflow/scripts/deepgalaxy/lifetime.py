"""How long a process lives: until it is asked to stop, and no longer than those that started it."""

import ctypes
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTED_BY = "DEEPGALAXY_STARTED_BY"
"""The environment variable that names, from the first to the last, those of this workflow that started a process."""

GRACE_S = 45.0
"""How long a process whose starter has ended may take to stop by itself."""


@dataclass(frozen=True)
class Process:
    """A process, told from all others on any host, and from one that gets its number later.

    ``space`` is the inode of the namespace that ``pid`` counts in; ``started`` counts clock ticks since the host's.
    """

    host: str
    space: int
    pid: int
    started: int

    @classmethod
    def current(cls) -> "Process":
        """Return this process."""
        return cls(*_here(), os.getpid(), _start_of(os.getpid()) or 0)

    @classmethod
    def parent(cls) -> "Process":
        """Return the process that started this one, or whoever has taken its place."""
        return cls(*_here(), os.getppid(), _start_of(os.getppid()) or 0)

    @classmethod
    def parse(cls, text: str) -> "Process | None":
        """Return the process that ``str`` has turned into text, or None if it is no such text."""
        match = re.fullmatch(r"(\S+)-(\d+)-(\d+)-(\d+)", text)
        return cls(match[1], *map(int, match.groups()[1:])) if match else None

    def __str__(self) -> str:
        """Return a word that ``parse`` reads, and that a file's name may hold."""
        return f"{self.host}-{self.space}-{self.pid}-{self.started}"

    @property
    def elsewhere(self) -> bool:
        """Whether it is on another host or in another namespace, so that nothing can be known of it."""
        return (self.host, self.space) != _here()

    def ended(self) -> bool:
        """Return whether it is known to have ended."""
        return not self.elsewhere and _start_of(self.pid) != self.started


def _here() -> tuple[str, int]:
    return socket.gethostname(), Path("/proc/self/ns/pid").stat().st_ino


def _start_of(pid: int) -> int | None:
    """Return when a process of this host was started, in clock ticks since the host was; None if it has ended."""
    try:
        # The name of the program, in brackets, may hold anything. See proc_pid_stat(5).
        state, *fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else int(fields[18])


def starters() -> list[Process]:
    """Return those that started this process, as far as they belong to this workflow, from the first to the last."""
    processes = map(Process.parse, os.environ.get(STARTED_BY, "").split())
    return [process for process in processes if process]


def environment_of_children() -> dict[str, str]:
    """Return the variable that tells processes that this one starts whom not to outlive."""
    return {STARTED_BY: " ".join(map(str, [*starters(), Process.current()]))}


def once_ended(processes: Iterable[Process], act: Callable[[], object]) -> None:
    """Have a thread call ``act`` as soon as one of some processes has ended; it looks twice a second."""
    watched = list(processes)

    def watch() -> None:
        while not any(process.ended() for process in watched):
            time.sleep(0.5)
        act()

    if watched:
        threading.Thread(target=watch, daemon=True).start()


def stop_with(processes: Iterable[Process]) -> None:
    """Send this process SIGTERM as soon as one of some processes has ended, and kill it if that does not end it.

    A process of several that wait for each other may wait in a library, where no signal's handler runs.
    """

    def stop() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os.kill(os.getpid(), signal.SIGKILL)

    once_ended(processes, stop)


def on_stop_signals(act: Callable[[str], object], also: Iterable[signal.Signals] = ()) -> None:
    """Call ``act`` with the name of each stop signal that arrives, unless whoever started this process ignores it.

    So does ``nohup`` with SIGHUP. ``act`` runs in the main thread and may raise.
    """
    for number in (*STOP_SIGNALS, *also):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _frame: act(signal.Signals(number).name))


def die_with(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send this process a signal when the thread that started it ends (Linux's PR_SET_PDEATHSIG).

    ``parent`` is the process of that thread; the signal comes at once if it has ended already.
    """
    ctypes.CDLL(None).prctl(1, int(number))
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
