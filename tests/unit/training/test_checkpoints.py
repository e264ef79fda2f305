"""Checkpoints on disk."""

import numpy as np
import pytest

from deepgalaxy.training.checkpoints import Checkpoint, Checkpoints


def checkpoint(number):
    return Checkpoint({"epoch": number}, [np.full(2000, number, np.float32), np.int64(number)], [np.ones(3)])


@pytest.fixture
def checkpoints(tmp_path):
    """Three checkpoints were saved, of which two are kept."""
    checkpoints = Checkpoints(tmp_path / "checkpoints", "a run", kept=2)
    for number in (1, 2, 3):
        checkpoints.save(f"{number:06d}", checkpoint(number))
    return checkpoints


def test_the_latest_comes_back_whole(checkpoints):
    found = checkpoints.latest()
    assert found.state == {"epoch": 3}
    np.testing.assert_array_equal(found.variables[0], np.full(2000, 3, np.float32))
    assert found.variables[0].dtype == np.float32 and found.variables[1] == 3
    np.testing.assert_array_equal(found.best, [np.ones(3)])


def test_a_number_of_them_is_kept_or_all(checkpoints, tmp_path):
    assert sorted(path.name for path in checkpoints.directory.iterdir()) == ["000002.npz", "000003.npz"]
    every = Checkpoints(tmp_path / "all", "a run", kept=None)
    for number in (1, 2, 3):
        every.save(f"{number:06d}", checkpoint(number))
    every.delete()
    assert len(list(every.directory.iterdir())) == 3
    checkpoints.delete()
    assert not checkpoints.directory.exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "none of ours", "pickled"])
def test_a_damaged_one_is_passed_over_for_the_one_before(checkpoints, damage):
    path = checkpoints.directory / "000003.npz"
    data = path.read_bytes()
    if damage == "pickled":
        with open(path, "wb") as file:
            np.savez(file, state=np.array([{"an": "object"}], dtype=object))
    else:
        flipped = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
        path.write_bytes({"cut": data[:3000], "flipped": flipped, "empty": b"", "none of ours": b"PK" * 99}[damage])
    assert checkpoints.latest().state == {"epoch": 2}
    assert not path.exists()


def test_those_of_another_run_are_not_taken_up(checkpoints):
    other = Checkpoints(checkpoints.directory, "another run")
    assert other.latest() is None and not list(other.directory.iterdir())


def test_what_a_killed_run_left_half_written_is_removed(checkpoints):
    half = checkpoints.directory / ".partial-000004.npz"
    half.write_bytes(b"half")
    assert checkpoints.latest().state == {"epoch": 3} and not half.exists()
