"""Checkpoints: files from which training resumes as if it had never stopped."""

import json
import math
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deepgalaxy.files import remove_leftovers, whole_file

NAME = r"\d{6}-\d{8}"
"""Epoch and batches, as in the names of checkpoints."""

BETWEEN_EPOCHS = "-00000000"
"""How the name of one ends that was saved when no batch of its epoch was done."""

BETWEEN_EPOCHS_SHARE = 20
"""Between epochs, a checkpoint is due after this part of the time between two."""

PARTS = ("variables", "best")
"""What holds the arrays of a checkpoint."""


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
    """The checkpoints of one run in a directory, the last ``kept`` of them and the last between epochs; all if ``kept``
    is None.

    ``fingerprint`` says what the run is made of (its options, data, code): a run resumes only from checkpoints of the
    same. Those of another number of ``workers`` serve it if they were saved between epochs. One is due
    ``every_seconds``, between epochs BETWEEN_EPOCHS_SHARE times as often.
    """

    def __init__(
        self,
        directory: str | Path,
        fingerprint: str,
        workers: int = 1,
        kept: int | None = 2,
        every_seconds: float = math.inf,
    ) -> None:
        self.directory, self.fingerprint, self.workers, self.kept = Path(directory), fingerprint, workers, kept
        self.every_seconds = every_seconds
        self._last_saved = self._last_between = time.monotonic()

    def due(self, between_epochs: bool = False) -> bool:
        """Return whether the last one, or the last one between epochs, was saved so long ago that it is time for
        another."""
        if between_epochs:
            return time.monotonic() - self._last_between >= self.every_seconds / BETWEEN_EPOCHS_SHARE
        return time.monotonic() - self._last_saved >= self.every_seconds

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Write a checkpoint, whole or not at all, under a name of the form NAME, which sorts in the order of time."""
        parts = {part: getattr(checkpoint, part) for part in PARTS}
        counts = {part: len(arrays) for part, arrays in parts.items()}
        about = {"fingerprint": self.fingerprint, "workers": self.workers, "counts": counts}
        state = json.dumps(about | {"state": checkpoint.state})
        arrays: dict[str, Any] = {"state": np.array(state)}
        for part, members in parts.items():
            arrays |= {f"{part}/{number}": array for number, array in enumerate(members)}
        with whole_file(self.directory / f"{name}.npz") as path, open(path, "wb") as file:
            np.savez(file, **arrays)
        self._last_saved = time.monotonic()
        if name.endswith(BETWEEN_EPOCHS):
            self._last_between = self._last_saved
        if self.kept:
            files = self._files()
            between = [path for path in files if path.stem.endswith(BETWEEN_EPOCHS)]
            for old in files[: -self.kept]:
                if old not in between[-1:]:
                    old.unlink(missing_ok=True)

    def latest(self) -> Checkpoint | None:
        """Return the latest checkpoint that is sound and serves this run, if there is one; later ones are deleted.

        Raises OSError if one cannot be opened.
        """
        remove_leftovers(self.directory)
        for path in reversed(self._files()):
            with path.open("rb") as opened:
                found = self._read(opened, path.stem.endswith(BETWEEN_EPOCHS))
            if found:
                return found
            path.unlink()
        return None

    def _read(self, opened: BinaryIO, between_epochs: bool) -> Checkpoint | None:
        """Return a checkpoint, or None if it does not serve this run or is damaged."""
        try:
            with np.load(opened, allow_pickle=False) as file:
                found = json.loads(file["state"].item())
                serves = between_epochs or found["workers"] == self.workers
                if found["fingerprint"] != self.fingerprint or not serves:
                    return None
                parts = ([file[f"{part}/{number}"] for number in range(found["counts"][part])] for part in PARTS)
                return Checkpoint(found["state"], *parts)
        except MemoryError:
            raise
        except Exception:  # zipfile raises whatever a damaged byte leads it to, NotImplementedError among others
            return None

    def delete(self) -> None:
        """Delete all checkpoints, unless all are to be kept; whatever else is in the directory stays, and so does it.

        Raises nothing: a run whose model is written has not failed.
        """
        if self.kept:
            with suppress(OSError):
                for path in self._files():
                    path.unlink()
                self.directory.rmdir()

    def _files(self) -> list[Path]:
        """Return the checkpoints in the directory, in the order of their names, and nothing that is not ours."""
        return sorted(path for path in self.directory.glob("*.npz") if re.fullmatch(NAME, path.stem) and path.is_file())
