"""The lock of a run, on file systems with locks, without, and with broken ones."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from deepgalaxy.lifetime import STARTED_BY, Process
from deepgalaxy.training import lock
from deepgalaxy.training.lock import lock_run

# ENOLCK, EOPNOTSUPP, ENOTSUPP of NFS, ENOSYS, EINVAL, and EAGAIN: one that says of every lock that another holds it.
BROKEN = (37, 95, 524, 38, 22, 11)


def break_locks(monkeypatch, number):
    """Have the file system answer every request for a lock with an error."""

    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", flock)


@pytest.fixture(params=[0, 37, 11])
def locks(request, monkeypatch):
    """File systems with locks (0), without, and with broken ones: the number of the error that they answer with."""
    if request.param:
        break_locks(monkeypatch, request.param)
    return request.param


@pytest.mark.parametrize("number", BROKEN)
def test_whatever_the_file_system_answers_one_training_runs_and_a_second_is_refused(tmp_path, monkeypatch, number):
    break_locks(monkeypatch, number)
    with lock_run(tmp_path, print), pytest.raises(ValueError, match="is in use"), lock_run(tmp_path, print):
        pass
    assert not list(tmp_path.iterdir())


@pytest.fixture
def hold(root, tmp_path, locks):
    """A function that starts a process that holds the lock of the run ``run``, with ``starter`` in its environment."""
    started = []
    code = (
        "import errno, fcntl, sys, time\nfrom pathlib import Path\nfrom deepgalaxy.training.lock import lock_run\n"
        "def flock(*_): raise OSError(int(sys.argv[1]), 'no locks')\n"
        "if int(sys.argv[1]): fcntl.flock = flock\n"
        "with lock_run(Path('run'), print):\n    print('held', flush=True); time.sleep(float(sys.argv[2]))"
    )

    def hold(starter=None, seconds=60):
        environment = os.environ | {"PYTHONPATH": str(root / "workflow/scripts"), STARTED_BY: str(starter or "")}
        command = (sys.executable, "-c", code, str(locks), str(seconds))
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_training_ends_in_one_sentence_and_leaves_the_first_alone(hold, tmp_path):
    process = hold(starter=Process.current())
    started, said = time.monotonic(), []
    for _ in range(2):
        with (
            pytest.raises(ValueError, match=f"run is in use by another training, process {process.pid} on "),
            lock_run(tmp_path / "run", said.append),
        ):
            raise AssertionError("it was not to begin")
    assert time.monotonic() - started < 5 and not said


def test_a_file_is_no_directory_to_train_in(tmp_path):
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ValueError, match="run is a file; name a directory"), lock_run(tmp_path / "run", print):
        raise AssertionError("it was not to begin")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_one_that_was_killed_leaves_no_lock(hold, tmp_path, number):
    process = hold()
    process.send_signal(number)
    process.wait()
    with lock_run(tmp_path / "run", print):
        assert Process.parse((tmp_path / "run/.lock").read_text().splitlines()[0]) == Process.current()
    assert not list((tmp_path / "run").iterdir())


def test_an_orphan_is_waited_for_and_it_is_said(hold, tmp_path):
    process, said = hold(starter=replace(Process.current(), started=0), seconds=1), []
    with lock_run(tmp_path / "run", said.append):
        assert process.wait(5) == 0
    assert len(said) == 1 and f"waiting for process {process.pid} on " in said[0]


def test_an_orphan_that_does_not_end_is_not_waited_for_for_ever(hold, tmp_path):
    hold(starter=replace(Process.current(), host="elsewhere"))
    with pytest.raises(ValueError, match="is in use"), lock_run(tmp_path / "run", print, patience_s=0.5):
        pass


def test_a_lock_that_nobody_has_signed_is_taken_or_explained(tmp_path, locks):
    (tmp_path / ".lock").touch()
    if locks:
        refusal = pytest.raises(ValueError, match=r"If there is no such process, delete .*\.lock")
        with refusal, lock_run(tmp_path, print, patience_s=0.5):
            pass
    else:
        with lock_run(tmp_path, print):
            pass


def test_one_at_a_time_of_many(root, tmp_path, locks):
    """Each that gets the lock finds that nobody else is within, and in the end all have had it."""
    code = (
        "import fcntl, os, sys, time\nfrom pathlib import Path\nfrom deepgalaxy.training.lock import lock_run\n"
        "def flock(*_): raise OSError(int(sys.argv[1]), 'no locks')\n"
        "if int(sys.argv[1]): fcntl.flock = flock\n"
        "for _ in range(5):\n"
        "    while True:\n"
        "        try:\n"
        "            with lock_run(Path('run'), lambda _: None, patience_s=0):\n"
        "                os.close(os.open('within', os.O_CREAT | os.O_EXCL)); time.sleep(0.01); os.unlink('within')\n"
        "                break\n"
        "        except ValueError:\n            time.sleep(0.01)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(root / "workflow/scripts")}
    command = (sys.executable, "-c", code, str(locks))
    processes = [subprocess.Popen(command, cwd=tmp_path, env=environment) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0] * 3
    assert not list((tmp_path / "run").iterdir())


def test_patience_outlasts_the_grace_of_an_orphan():
    assert lock.PATIENCE_S > lock.GRACE_S
