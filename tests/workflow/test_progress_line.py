"""What `make run` shows while it runs, on a workflow of a few small jobs: Snakemake's plugin `--logger deepgalaxy`."""

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

SNAKEFILE = """
rule touch_file:
    output: "{name,f.}"
    shell: "touch {output}"

rule say_something:
    output: "said"
    log: "said.log"
    script: "say.py"

rule fail_silently:
    output: "never"
    log: "never.log"
    shell: "false"

rule wait_long:
    output: "late"
    log: "late.log"
    script: "wait.py"
"""
SAY = """
from deepgalaxy.logs import logger, script_log
with script_log(snakemake.log[0], "say_something"):
    logger.info("half way")
    {}
"""
WAIT = """
import time
from deepgalaxy.logs import logger, script_log
with script_log(snakemake.log[0], "wait_long"):
    logger.info("waiting")
    open("waits", "w").close()
    time.sleep(60)
"""
WELL, BADLY = "open(snakemake.output[0], 'w').close()", "raise ValueError('It went wrong.')"
FILES = [f"f{number}" for number in range(10)]


@pytest.fixture
def stub(tmp_path):
    """A function that writes the workflow, whose script ends as told, and returns the command that makes some files."""

    def stub(ending, *files):
        (tmp_path / "Snakefile").write_text(SNAKEFILE)
        (tmp_path / "say.py").write_text(SAY.format(ending))
        (tmp_path / "wait.py").write_text(WAIT)
        return ["snakemake", *files, "--cores", "1", "--keep-going", "--logger", "deepgalaxy"]

    return stub


def on_terminal(command, cwd, env, interrupt_once=None):
    """Run a command on a terminal, and return all that it wrote, and its exit status.

    Once the file ``interrupt_once`` is there, Ctrl-C is pressed.
    """
    own, its = pty.openpty()
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=its, stdout=its, stderr=its, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(its)
    written, deadline = "", time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([own], [], [], 0.1)[0]:
            try:
                written += os.read(own, 65536).decode()
            except OSError:  # the terminal has no other side any more
                break
        if interrupt_once and interrupt_once.exists():
            os.write(own, b"\x03")
            interrupt_once = None
    os.close(own)
    return written, process.wait(timeout=60)


def left_on_screen(written):
    """The lines that a person sees at the end: of those written over each other, the last."""
    assert written.endswith("\r\n"), written
    return [line.rpartition("\r\x1b[K")[2].rstrip("\r") for line in written.split("\n")[:-1]]


def take_terminal():
    """Make standard input the controlling terminal of this session, so that Ctrl-C reaches its processes."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def env(root):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PYTHONPATH": str(root / "workflow/scripts"), "PATH": path}


def test_in_a_file_there_are_few_plain_lines(stub, run, tmp_path):
    command = stub(WELL, *FILES, "said")
    result = run(*command, cwd=tmp_path)
    lines = result.stderr.splitlines()
    assert result.returncode == 0, result.stderr
    assert lines.count("say_something: half way") == 1
    counted = [line for line in lines if re.search(r"\b\d+ of 11 jobs done", line)]
    assert len(lines) == len(counted) + 1 <= 12, result.stderr
    assert re.fullmatch(r"11 of 11 jobs done in \d+ min\.", lines[-1])
    [log] = (tmp_path / ".snakemake/log").glob("*.log")
    assert "rule touch_file:" in log.read_text()
    again = run(*command, cwd=tmp_path)
    assert again.stderr == "Nothing to be done (all requested files are present and up to date).\n"


def test_on_a_terminal_one_line_stays_below_what_jobs_say(stub, env, tmp_path):
    written, status = on_terminal(stub(WELL, *FILES, "said"), tmp_path, env)
    assert status == 0, written
    said, last = left_on_screen(written)
    assert said == "say_something: half way"
    assert re.fullmatch(r"11 of 11 jobs done in \d+ min\.", last)
    assert re.search(r"\x1b\[K(touch file: )?\d+ of 11 jobs done", written)


def test_a_job_that_fails_is_one_sentence_whether_it_says_so_itself_or_not(stub, run, tmp_path):
    lines = run(*stub(BADLY, "f1", "said", "never"), cwd=tmp_path).stderr.splitlines()
    assert lines.count("say_something: It went wrong. (traceback: said.log)") == 1
    assert lines.count("fail_silently failed; see never.log") == 1
    assert lines[-1] == "2 failed, 1 of 3 jobs are done; see above, mend it, and run again."
    assert not [line for line in lines if "Error" in line or "Exception" in line]


def test_an_error_of_the_workflow_is_shown(stub, run, tmp_path):
    result = run(*stub(WELL, "nobody_makes_this"), cwd=tmp_path)
    assert result.returncode == 1
    assert "nobody_makes_this" in result.stderr


def test_ctrl_c_leaves_one_sentence(stub, env, tmp_path):
    written, status = on_terminal(stub(WELL, "late"), tmp_path, env, interrupt_once=tmp_path / "waits")
    assert status == 1
    assert left_on_screen(written) == [
        "wait_long: waiting",
        "Stopped with 0 of 1 jobs done; run again, and it goes on from there.",
    ]


def test_ctrl_c_before_any_job_leaves_one_sentence(stub, env, tmp_path):
    command = stub(WELL, "said")
    with open(tmp_path / "Snakefile", "a") as file:
        file.write("open('waits', 'w').close()\n__import__('time').sleep(60)\n")
    written, status = on_terminal(command, tmp_path, env, interrupt_once=tmp_path / "waits")
    assert status == 1
    assert left_on_screen(written) == ["Stopped before anything was done."]


def test_a_dry_run_says_what_it_always_does(stub, run, tmp_path):
    assert "rule say_something:" in run(*stub(WELL, "said"), "-n", cwd=tmp_path).stdout
