"""What tests of stopped and resumed training share."""

import time

import numpy as np


def has_reached(directory, name="000001-00000001"):
    """Whether there is a checkpoint as late as ``name`` ("epoch-batches")."""
    return any(path.stem >= name for path in (directory / "checkpoints").glob("[0-9]*.npz"))


def wait_until(process, condition, *arguments):
    """Wait until ``condition(*arguments)`` while a process runs."""
    deadline = time.monotonic() + 200
    while not condition(*arguments):
        assert process.poll() is None, "training ended too early"
        assert time.monotonic() < deadline, "what was waited for does not come"
        time.sleep(0.01)


def assert_same_weights(one, other, **tolerance):
    assert len(one) == len(other)
    for x, y in zip(one, other):
        np.testing.assert_allclose(x, y, **(tolerance or {"rtol": 0, "atol": 0}))
