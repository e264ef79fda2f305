"""Which process is which, and that none outlives what started it or stays when asked to stop."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from deepgalaxy import lifetime
from deepgalaxy.files import remove_leftovers, temporary_path
from deepgalaxy.lifetime import STARTED_BY, Process
from support.processes import family, wait_for


def test_a_process_is_told_from_one_that_has_its_number_later():
    me = Process.current()
    assert Process.parse(str(me)) == me and not me.ended()
    assert replace(me, started=me.started - 1).ended()
    with subprocess.Popen(["true"]) as child:
        wait_for("its end", lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        assert replace(me, pid=child.pid).ended(), "one that waits to be reaped has ended"
    assert Process.parse("12") is Process.parse("") is Process.parse("a b-1-2-3") is None


def test_of_other_hosts_and_other_namespaces_nothing_is_known():
    for other in (replace(Process.current(), host="elsewhere"), replace(Process.current(), space=1)):
        assert other.elsewhere and not replace(other, started=0).ended()


@pytest.mark.parametrize("host", ["node", "ip-10-0-0-12"])
def test_what_ended_processes_have_left_is_removed_and_nothing_else(tmp_path, monkeypatch, host):
    monkeypatch.setattr("socket.gethostname", lambda: host)
    me = Process.current()
    mine = temporary_path(tmp_path / "a.hdf5")
    dead, elsewhere, old = (
        mine.with_name(mine.name.replace(str(me), str(writer)))
        for writer in (replace(me, started=0), replace(me, host="other-1-2", pid=3), replace(me, host="other", pid=4))
    )
    foreign = tmp_path / ".partial-results.txt"
    folder = dead.with_name(f"{dead.name}.crate")
    for path in (mine, dead, elsewhere, old, foreign):
        path.write_text("half")
    folder.mkdir()
    (folder / "source").write_text("half")
    os.utime(old, (0, 0))
    os.utime(foreign, (0, 0))
    remove_leftovers(tmp_path)
    assert set(tmp_path.iterdir()) == {mine, elsewhere, foreign}


SCRIPT = """
import os, signal, sys, time
from pathlib import Path
from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.parallel import in_processes

def work(number):
    Path(f"working-{os.getpid()}").touch()
    time.sleep(600)

with script_log("rule.log", "some_rule"), whole_file("output.hdf5") as path:
    path.write_bytes(bytes(1000))
    list(in_processes(work, range(9), 2))
"""


@pytest.fixture
def start(root, tmp_path):
    """A function that starts a command in an empty directory, and returns its process, of which nothing stays."""
    started = []

    def start(*command, **named):
        environment = os.environ | {"PYTHONPATH": str(root / "workflow" / "scripts")}
        started.append(psutil.Popen(command, cwd=tmp_path, env=environment, start_new_session=True, **named))
        return started[-1]

    yield start
    for process in started:
        for left in family(process):
            left.kill()
        process.wait()


def workers(directory):
    """The processes that have noted that they work, if there are two."""
    numbers = [int(path.name.partition("-")[2]) for path in directory.glob("working-*")]
    return [psutil.Process(number) for number in numbers] if len(numbers) == 2 else []


@pytest.mark.parametrize("host", ["n1", "ip-10-0-0-12"])
def test_what_the_dead_left_is_told_by_any_host_and_name(tmp_path, monkeypatch, host):
    monkeypatch.setattr(lifetime, "_here", lambda: (host, 4026531836))
    dead = lifetime.Process(host, 4026531836, 2**30, 5)
    (tmp_path / f".partial-{dead}~000001-00000012.npz").touch()
    remove_leftovers(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
def test_a_signal_ends_a_script_and_its_pool_and_removes_what_it_was_writing(start, tmp_path, number, run):
    process = start(sys.executable, "-c", SCRIPT, stderr=subprocess.PIPE, text=True)
    pool = wait_for("its pool", workers, tmp_path)
    process.send_signal(signal.Signals[number])
    # A reader of the pipe, such as tee, sees the end as soon as nobody has it open any more.
    said = process.communicate(timeout=20)[1]
    assert not psutil.wait_procs(pool, timeout=5)[1]
    if number == "SIGKILL":
        assert list(tmp_path.glob(".partial-*"))
        again = "from deepgalaxy.files import whole_file\nwith whole_file('output.hdf5') as p: p.write_text('whole')"
        assert run(sys.executable, "-c", again, cwd=tmp_path).returncode == 0
        assert (tmp_path / "output.hdf5").read_text() == "whole"
    else:
        assert process.returncode == 1
        assert said == f"some_rule: stopped by {number}; run again (traceback: rule.log)\n"
    assert not list(tmp_path.glob(".partial-*"))


SNAKEMAKE = """
import os, subprocess, sys
from deepgalaxy.lifetime import STARTED_BY, Process
from deepgalaxy.files import remove_leftovers
os.environ[STARTED_BY] = str(Process.current())
subprocess.run(["bash", "-c", 'set -e; "$@"; true', "bash", *sys.argv[1:]])
"""


def test_a_script_ends_with_the_snakemake_that_was_killed_though_a_shell_is_between_them(start, tmp_path):
    process = start(sys.executable, "-c", SNAKEMAKE, sys.executable, "-c", SCRIPT)
    pool = wait_for("its pool", workers, tmp_path)
    everything = family(process)
    process.kill()
    assert not psutil.wait_procs([*everything, *pool], timeout=20)[1]
    assert not list(tmp_path.glob(".partial-*"))
    assert "stopped by SIGTERM" in (tmp_path / "rule.log").read_text()


def test_who_was_started_so_as_to_ignore_a_hangup_goes_on(start, tmp_path):
    process = start("nohup", sys.executable, "-c", SCRIPT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    pool = wait_for("its pool", workers, tmp_path)
    process.send_signal(signal.SIGHUP)
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(1)
    process.terminate()
    process.wait(20)
    assert not psutil.wait_procs(pool, timeout=5)[1]


# What stands for mpirun: it notes what it is sent, ends on the second signal, and ignores that its reader is gone.
RANKS = """
import os, signal, sys, time
from deepgalaxy.lifetime import starters
from deepgalaxy.files import remove_leftovers
signals = []
def note(number, frame):
    signals.append(signal.Signals(number).name)
    open("signals", "w").write(" ".join(signals))
    if signals[0] == "SIGUSR1": sys.exit(75)
for number in (signal.SIGUSR1, signal.SIGTERM):
    signal.signal(number, note)
open("ranks", "w").write(" ".join([str(os.getpid()), *map(str, starters())]))
time.sleep(600)
"""


@pytest.mark.parametrize("victim", ["Snakemake", "launcher"])
def test_ranks_are_asked_to_stop_when_what_started_them_is_killed(start, tmp_path, victim):
    launch = (sys.executable, "-m", "deepgalaxy.cluster.launcher", sys.executable, "-c", RANKS)
    process = start(sys.executable, "-c", SNAKEMAKE, *launch)
    noted = wait_for("the ranks", lambda: (tmp_path / "ranks").is_file() and (tmp_path / "ranks").read_text()).split()
    ranks, *started_by = int(noted[0]), *(Process.parse(word).pid for word in noted[1:])
    assert started_by[0] == process.pid and len(started_by) == 2
    everything = [*family(process), psutil.Process(ranks)]
    os.kill(started_by[0] if victim == "Snakemake" else started_by[1], signal.SIGKILL)
    assert not psutil.wait_procs(everything, timeout=30)[1]
    # The kernel may ask twice, as threads and the process end; a rank that stops already takes no notice.
    assert set((tmp_path / "signals").read_text().split()) == {"SIGUSR1"}


@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_to_the_launcher_is_passed_on_and_its_status_comes_back(start, tmp_path, number):
    process = start(sys.executable, "-m", "deepgalaxy.cluster.launcher", sys.executable, "-c", RANKS)
    wait_for("the ranks", (tmp_path / "ranks").is_file)
    process.send_signal(signal.Signals[number])
    assert process.wait(20) == 75
    assert (tmp_path / "signals").read_text() == "SIGUSR1"


def test_the_launcher_shows_what_ranks_say_and_logs_all_of_it(run):
    code = "import sys; print('said'); print('warned', file=sys.stderr)"
    result = run(sys.executable, "-m", "deepgalaxy.cluster.launcher", sys.executable, "-c", code)
    assert result.stdout == "said\n"
    title, *lines = result.stderr.splitlines()
    assert title.startswith("---- train_model, ") and sorted(lines) == ["said", "warned"]


def test_what_the_started_command_leaves_behind_ends_with_it_and_holds_no_pipe(start):
    process = start(sys.executable, "-m", "deepgalaxy.cluster.launcher", "sh", "-c", "sleep 600 & echo $!", stdout=-1)
    left = int(process.communicate(timeout=20)[0])
    assert process.returncode == 0
    wait_for("its end", lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE)


def test_the_log_of_ranks_that_failed_is_kept(run, tmp_path):
    log = tmp_path / "logs/train.log"
    for status in (3, 0):
        log.unlink(missing_ok=True)  # as Snakemake does
        command = (sys.executable, "-c", f"print('attempt with {status}'); raise SystemExit({status})")
        result = run(sys.executable, "-m", "deepgalaxy.cluster.launcher", *command, env={"DEEPGALAXY_LOG": str(log)})
        assert (result.returncode, result.stdout, result.stderr) == (status, f"attempt with {status}\n", "")
    title, *lines = log.read_text().splitlines()
    assert title.startswith("---- train_model") and [lines[0], lines[2]] == ["attempt with 3", "attempt with 0"]
    assert list(log.parent.iterdir()) == [log]


def test_ranks_neither_fail_nor_wait_when_neither_screen_nor_log_takes_a_line(run):
    code = "import sys; [print('line' * 9999, file=f) for f in (sys.stdout, sys.stderr) for _ in range(99)]"
    command = f'{sys.executable} -m deepgalaxy.cluster.launcher {sys.executable} -c "{code}"'
    result = run("bash", "-c", f"set -o pipefail; {command} 2>/dev/full | true", timeout=60)
    assert result.returncode == 0


def test_one_that_was_started_by_hand_has_no_starter(run):
    code = "from deepgalaxy.lifetime import starters; print(starters())"
    assert run(sys.executable, "-c", code, env={STARTED_BY: ""}).stdout == "[]\n"
