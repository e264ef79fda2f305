"""Checkpoints: files from which training resumes as if it had never stopped."""

import json
import math
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepgalaxy.files import whole_file


@dataclass
class Checkpoint:
    """The state of a run between two updates.

    ``state`` holds what JSON can; ``variables`` the arrays of the network's and then the optimizer's variables, in
    their order; ``best`` the network's at the end of the best epoch so far, or nothing.
    """

    state: dict
    variables: list[np.ndarray]
    best: list[np.ndarray]


class Checkpoints:
    """The checkpoints of one run in a directory, the last ``kept`` of them; all if ``kept`` is None.

    ``fingerprint`` says what the run is made of (its options, data, code): a run resumes only from checkpoints of the
    same. One is due ``every_seconds``.
    """

    def __init__(
        self, directory: str | Path, fingerprint: str, kept: int | None = 2, every_seconds: float = math.inf
    ) -> None:
        self.directory, self.fingerprint, self.kept = Path(directory), fingerprint, kept
        self.every_seconds, self._last_saved = every_seconds, time.monotonic()

    def due(self) -> bool:
        """Return whether the last one was saved so long ago that it is time for another."""
        return time.monotonic() - self._last_saved >= self.every_seconds

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whole or not at all; names must sort in the order of time."""
        state = json.dumps({"fingerprint": self.fingerprint, "state": checkpoint.state})
        arrays: dict[str, Any] = {"state": np.array(state)}
        for part in ("variables", "best"):
            arrays |= {f"{part}/{number:05d}": array for number, array in enumerate(getattr(checkpoint, part))}
        with whole_file(self.directory / f"{name}.npz") as path, open(path, "wb") as file:
            np.savez(file, **arrays)
        self._last_saved = time.monotonic()
        if self.kept:
            for old in self._files()[: -self.kept]:
                old.unlink()

    def latest(self) -> Checkpoint | None:
        """Return the latest checkpoint of this run that can be read, if there is one; others are deleted."""
        if self.directory.is_dir():
            for left in self.directory.glob(".partial-*"):
                left.unlink()
        for path in reversed(self._files()):
            try:
                with np.load(path, allow_pickle=False) as file:
                    found = json.loads(file["state"].item())
                    if found["fingerprint"] == self.fingerprint:
                        parts = ([file[key] for key in file if key.startswith(part)] for part in ("variables", "best"))
                        return Checkpoint(found["state"], *parts)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                pass
            path.unlink()
        return None

    def delete(self) -> None:
        """Delete all checkpoints, unless all are to be kept."""
        if self.kept and self.directory.is_dir():
            for path in self._files():
                path.unlink()
            self.directory.rmdir()

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("[0-9]*.npz"))
