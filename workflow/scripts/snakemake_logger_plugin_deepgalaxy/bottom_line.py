"""One line that stays at the bottom of a terminal, below all that this process and those that it starts say."""

import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

CLEAR_LINE = b"\r\x1b[K"
EVERY_S = 1.0
"""How often the line is drawn anew."""


class Screen:
    """Standard error, which this process and all that it starts write to through a pipe, and a line below it.

    ``line`` returns the text of the line. ``wanted`` says of each line that comes through the pipe whether it is shown.
    Both are called by whichever thread holds ``lock``. Standard output goes the same way if it is the same file. Where
    that is no terminal, what is said is written as it comes, and the line is left out.
    """

    def __init__(self, line: Callable[[], str], wanted: Callable[[str], bool]) -> None:
        self.lock = threading.RLock()
        self._line, self._wanted = line, wanted
        self._own = os.dup(2)
        self.on_terminal = os.isatty(self._own)
        self._saved = {number: os.dup(number) for number in (1, 2) if _same_file(number, 2)}
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._flush()
        for number in self._saved:
            os.dup2(writer, number)
        os.close(writer)
        self._begun = b""  # a line whose end is still to come
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._closed.is_set():
            select.select([self._reader], [], [], EVERY_S)
            with self.lock:
                self.catch_up()
                self._write(b"")

    def catch_up(self) -> None:
        """Show what has been said so far."""
        with self.lock:
            try:
                while data := os.read(self._reader, 65536):
                    *lines, self._begun = (self._begun + data).split(b"\n")
                    self._write(b"".join(line + b"\n" for line in lines if self._wanted(line.decode(errors="replace"))))
            except BlockingIOError:
                return

    def say(self, text: str) -> None:
        """Show lines of this process's own, after all that has been said so far."""
        with self.lock:
            self.catch_up()
            self._write(text.encode(errors="replace") + b"\n")

    def _write(self, lines: bytes) -> None:
        """Write whole lines above the bottom line, and the latter anew."""
        if self.on_terminal:
            lines = CLEAR_LINE + lines + self._line()[: self._columns() - 1].encode(errors="replace")
        self._write_or_lose(lines)

    def _columns(self) -> int:
        with suppress(OSError):  # the terminal has been closed
            return os.get_terminal_size(self._own).columns or 80  # one that does not know says 0
        return 80

    def _write_or_lose(self, data: bytes) -> None:
        """Write what can be written: a terminal that has been closed is no reason to fail."""
        with suppress(OSError):
            while data:
                data = data[os.write(self._own, data) :]

    def close(self) -> None:
        """Give standard error back, without the line."""
        if self._closed.is_set():
            return
        self._flush()
        self._closed.set()
        for number, saved in self._saved.items():
            os.dup2(saved, number)
            os.close(saved)
        self._thread.join()
        self.catch_up()
        self._write_or_lose((CLEAR_LINE if self.on_terminal else b"") + self._begun)
        os.close(self._reader)
        os.close(self._own)

    def _flush(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()


def _same_file(one: int, other: int) -> bool:
    return os.path.samestat(os.fstat(one), os.fstat(other))
