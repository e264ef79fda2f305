"""What `make` does besides calling other programs."""

import os
import re
import shutil
import subprocess

import pytest


@pytest.fixture
def make(root, tmp_path):
    """A function that runs make, with an answer to what it asks, in a directory that holds its file and no more."""
    shutil.copy(root / "Makefile", tmp_path)
    # Below another make, such as that of `make test`, it would say which directory it enters.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS")}

    def make(target, answer=""):
        return subprocess.run(
            ["make", target], cwd=tmp_path, env=environment, input=answer, capture_output=True, text=True, timeout=60
        )

    return make


def test_help_names_every_target(make, root):
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(), re.M)[1].split()
    assert sorted(re.findall(r"^make (\w+) ", make("help").stdout, re.M)) == sorted(targets)


@pytest.mark.parametrize(("answer", "kept"), [("y\n", False), ("\n", True), ("", True)])
def test_clean_deletes_what_was_made_if_told_so(make, tmp_path, answer, kept):
    for name in ("results/tables", "logs", "resources"):
        (tmp_path / name).mkdir(parents=True)
    result = make("clean", answer)
    assert result.returncode == 0, result.stderr
    assert "Delete them?" in result.stdout
    assert [(tmp_path / name).exists() for name in ("results", "logs", "resources")] == [kept, kept, True]


def test_clean_has_nothing_to_ask_where_nothing_was_made(make):
    assert make("clean").stdout == "There is nothing to delete.\n"


def test_a_report_that_is_not_there_is_not_opened(make):
    result = make("report")
    assert result.returncode
    assert "There is no results/report.html yet; make run writes it." in result.stderr
