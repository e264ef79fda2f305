"""What is said of a failure, and that nothing is lost for lack of a log."""

import errno
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from deepgalaxy.failures import LACK_OF_MEMORY, LOST_WORKER, in_one_sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("Group x is odd."), "Group x is odd."),
        (KeyError("x"), "KeyError: 'x'"),
        (MemoryError(), LACK_OF_MEMORY),
        (RuntimeError("OpenCV(4.13): error: (-4:Insufficient memory) Failed to allocate 9 bytes"), LACK_OF_MEMORY),
        (BrokenProcessPool("A process in the process pool was terminated abruptly"), LOST_WORKER),
        (
            OSError(errno.ENOSPC, "No space left on device", "a.csv"),
            "There is no room to write a.csv: no space left on device; make room, or raise the limit, and run again.",
        ),
        (
            RuntimeError("Unable to flush (file write failed: \n, filename = 'b.hdf5', errno = 28, text = '')"),
            "There is no room to write b.hdf5: no space left on device; make room, or raise the limit, and run again.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "results"),
            "results cannot be used: read-only file system; see to its permissions, and run again.",
        ),
        (OSError(errno.EIO, ""), "The disk that holds a file fails: input/output error; see to it, and run again."),
        (FileNotFoundError(2, "No such file", "x"), "FileNotFoundError: [Errno 2] No such file: 'x'"),
    ],
)
def test_what_a_person_can_mend_is_told_in_a_sentence(error, sentence):
    assert in_one_sentence(error) == sentence


def test_the_cause_behind_another_exception_is_found_but_a_sentence_of_ours_stays():
    cause = OSError(errno.EMFILE, "Too many open files")
    for kind, sentence in ((RuntimeError, "More files are open than the limit of"), (ValueError, "ours")):
        with pytest.raises(kind) as caught:
            raise kind("ours") from cause
        assert in_one_sentence(caught.value).startswith(sentence)


SCRIPT = """
import resource, signal, sys
import numpy as np
from deepgalaxy.files import write_json
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import script_log
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def memory():
    resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
    np.ones(2**32)

def files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
    held = [open("/dev/null") for _ in range(99)]

def full():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    write_json("x" * 99999, "output.json")

def hdf5():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    with whole_hdf5("output.hdf5") as file:
        for number in range(3):
            file.create_dataset(f"images{number}", data=np.random.rand(100, 1000), chunks=(1, 1000))

def hdf5_at_close():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    with whole_hdf5("output.hdf5") as file:
        file.create_dataset("images", data=np.random.rand(5, 1000), chunks=(1, 1000))

with script_log(sys.argv[2], "some_rule"):
    locals()[sys.argv[1]]()
"""


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        ("memory", "There is not enough memory; "),
        ("files", "More files are open than the limit of 12 allows; "),
        ("full", "There is no room to write output.json: "),
        ("hdf5", "There is no room to write output.hdf5: "),
        ("hdf5_at_close", "There is no room to write output.hdf5: "),
    ],
)
@pytest.mark.parametrize("log", ["rule.log", "/dev/full", "/proc/none/rule.log"])
def test_a_script_that_lacks_something_ends_in_one_sentence_and_leaves_nothing(run, tmp_path, lack, words, log):
    result = run(sys.executable, "-c", SCRIPT, lack, log, cwd=tmp_path)
    *before, sentence = result.stderr.splitlines()
    assert result.returncode == 1 and sentence.startswith(f"some_rule: {words}"), result.stderr
    assert all(line.startswith("some_rule: there will be no log: ") for line in before) and len(before) <= 1
    assert {path.name for path in tmp_path.iterdir()} <= {"rule.log", "rule.log.unfinished"}


def test_a_script_whose_log_and_screen_take_nothing_does_its_work(run, tmp_path):
    code = (
        "import logging, sys\nfrom pathlib import Path\nfrom deepgalaxy.logs import logger, script_log\n"
        "with script_log('/dev/full', 'some_rule'):\n"
        "    logger.info('half way'); print('x' * 99999); print('y', file=sys.stderr)\n    Path('made').touch()"
    )
    result = run("bash", "-c", f'{sys.executable} -c "$1" 2>/dev/full', "bash", code, cwd=tmp_path)
    assert result.returncode == 0 and (tmp_path / "made").exists()


def test_the_log_of_an_attempt_that_failed_is_kept(run, tmp_path):
    code = "import sys\nfrom deepgalaxy.logs import script_log\nwith script_log('a.log', 'some_rule'): {}"
    log = tmp_path / "a.log"
    for body in ("raise KeyError('first')", "import os; os.kill(os.getpid(), 9)", "print('third')", "print('fourth')"):
        log.unlink(missing_ok=True)  # as Snakemake does
        run(sys.executable, "-c", code.format(body), cwd=tmp_path)
        assert len(list(tmp_path.iterdir())) == (1 if "print" in body else 2)
        if "third" in body:
            first, _, third = log.read_text().split("---- some_rule, ")[1:]
            assert "KeyError: 'first'" in first and "third" in third
    assert log.read_text().count("----") == 2, "what follows a success begins anew"
