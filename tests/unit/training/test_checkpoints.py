"""Checkpoints on disk."""

import os
import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.files import temporary_path
from deepgalaxy.lifetime import Process
from deepgalaxy.training.checkpoints import Checkpoint, Checkpoints


def name(number):
    return f"{number:06d}-00000001"


def checkpoint(number):
    return Checkpoint({"epoch": number}, [np.full(2000, number, np.float32), np.int64(number)], [np.ones(3)])


@pytest.fixture
def checkpoints(tmp_path):
    """Three checkpoints were saved, of which two are kept."""
    checkpoints = Checkpoints(tmp_path / "checkpoints", "a run", kept=2)
    for number in (1, 2, 3):
        checkpoints.save(name(number), checkpoint(number))
    return checkpoints


def test_the_latest_comes_back_whole(checkpoints):
    found = checkpoints.latest()
    assert found.state == {"epoch": 3}
    np.testing.assert_array_equal(found.variables[0], np.full(2000, 3, np.float32))
    assert found.variables[0].dtype == np.float32 and found.variables[1] == 3
    np.testing.assert_array_equal(found.best, [np.ones(3)])


def test_a_number_of_them_is_kept_or_all(checkpoints, tmp_path):
    assert sorted(path.name for path in checkpoints.directory.iterdir()) == [f"{name(2)}.npz", f"{name(3)}.npz"]
    every = Checkpoints(tmp_path / "all", "a run", kept=None)
    for number in (1, 2, 3):
        every.save(name(number), checkpoint(number))
    every.delete()
    assert len(list(every.directory.iterdir())) == 3
    checkpoints.delete()
    assert not checkpoints.directory.exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "none of ours", "pickled"])
def test_a_damaged_one_is_passed_over_for_the_one_before(checkpoints, damage):
    path = checkpoints.directory / f"{name(3)}.npz"
    data = path.read_bytes()
    if damage == "pickled":
        with open(path, "wb") as file:
            np.savez(file, state=np.array([{"an": "object"}], dtype=object))
    else:
        flipped = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
        path.write_bytes({"cut": data[:3000], "flipped": flipped, "empty": b"", "none of ours": b"PK" * 99}[damage])
    assert checkpoints.latest().state == {"epoch": 2}
    assert not path.exists()


def test_another_number_of_workers_goes_on_from_between_two_epochs(checkpoints):
    between, within = Checkpoint({"epoch": 4}, [], []), Checkpoint({"epoch": 5}, [], [])
    checkpoints.save("000004-00000000", between)
    for batches in (1, 2, 3):
        checkpoints.save(f"000004-{batches:08d}", within)
    kept = [f"000004-{batches:08d}.npz" for batches in (0, 2, 3)]
    assert sorted(path.name for path in checkpoints.directory.iterdir()) == kept
    assert checkpoints.latest().state == within.state
    assert Checkpoints(checkpoints.directory, "a run", workers=2).latest().state == between.state
    assert [path.name for path in checkpoints.directory.iterdir()] == kept[:1]


def test_between_epochs_one_is_due_sooner(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("deepgalaxy.training.checkpoints.time.monotonic", lambda: clock[0])
    checkpoints = Checkpoints(tmp_path, "a run", every_seconds=600)
    due = {}
    for clock[0] in (29.0, 30.0, 600.0):
        due[clock[0]] = checkpoints.due(), checkpoints.due(between_epochs=True)
    assert due == {29.0: (False, False), 30.0: (False, True), 600.0: (True, True)}
    checkpoints.save(name(1), checkpoint(1))
    assert (checkpoints.due(), checkpoints.due(between_epochs=True)) == (False, True)
    checkpoints.save("000002-00000000", checkpoint(1))
    assert not checkpoints.due(between_epochs=True)
    assert not Checkpoints(tmp_path, "a run").due(between_epochs=True)


def test_those_of_another_run_are_not_taken_up(checkpoints):
    other = Checkpoints(checkpoints.directory, "another run")
    assert other.latest() is None and not list(other.directory.iterdir())


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_whatever_bit_is_flipped_a_checkpoint_comes_back_exactly_or_the_one_before(tmp_path_factory, place, bit):
    checkpoints = Checkpoints(tmp_path_factory.mktemp("flipped"), "a run")
    for number in (2, 3):
        checkpoints.save(name(number), Checkpoint({"epoch": number}, [np.full(3, number)], [np.ones(3)]))
    path = checkpoints.directory / f"{name(3)}.npz"
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)
    found = checkpoints.latest()
    assert [array.tolist() for array in found.variables] == [[found.state["epoch"]] * 3]
    assert [array.tolist() for array in found.best] == [[1.0] * 3]


def test_what_is_not_ours_is_left_alone_and_no_failure(checkpoints):
    foreign = [checkpoints.directory / file for file in ("notes.txt", "2020.npz", ".partial-mine.npz", ".nfs0001")]
    for file in foreign:
        file.write_text("mine")
    (checkpoints.directory / f"{name(9)}.npz").mkdir()
    assert checkpoints.latest().state == {"epoch": 3}
    checkpoints.save(name(4), checkpoint(4))
    checkpoints.delete()
    assert all(file.read_text() == "mine" for file in foreign)
    assert {path.name for path in checkpoints.directory.iterdir()} == {f"{name(9)}.npz", *(f.name for f in foreign)}


def test_a_directory_that_cannot_be_emptied_is_no_failure(checkpoints, monkeypatch):
    def refuse(*_arguments, **_named):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    checkpoints.delete()


def test_what_a_killed_run_left_half_written_is_removed(checkpoints):
    ended = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True)
    own = temporary_path(checkpoints.directory / f"{name(4)}.npz")
    half = own.with_name(own.name.replace(f"-{os.getpid()}-", f"-{int(ended.stdout)}-"))
    for path in (own, half):
        path.write_bytes(b"half")
    assert checkpoints.latest().state == {"epoch": 3} and not half.exists()
    assert own.exists(), "what a process that lives is writing"
    assert Process.current().ended() is False
