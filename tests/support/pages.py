"""Commands and code that documents tell a reader to run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

SET_UP = """
unset MAKEFLAGS MAKELEVEL
mkdir .venv
ln -s {environment}/* .venv
rm -f .venv/python .venv/requirements .venv/horovod .venv/package .venv/compiled
touch .venv/python .venv/requirements .venv/horovod .venv/package .venv/compiled
git ls-files -z | xargs -0 touch --date 2020-01-01
make --question setup
"""
"""What `make setup` would make of a fresh checkout, for a shell, with files older than any results; ``environment`` is
the one of the tests. If there were anything to set up, `make --question` would fail."""


def blocks(page):
    """The blocks of code of a page that can be run, in their order: pairs of language and text."""
    return re.findall(r"^```(sh|python)\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def commands(block):
    """The commands of a block for a shell, one a line, without remarks."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def journeys():
    """The commands of each of the ways to start that README.md describes."""
    return [commands(block) for language, block in blocks("README.md") if language == "sh"]


def is_described(column, page):
    """Whether a page names a column of a table, or the figure that it is a limit of, or that of 68 % in place of 90."""
    words = set(re.findall(r"`(\w+)`", page))
    figure = re.sub(r"_(low|high|sd)(?=_myr$|$)", "", column)
    return not {column, figure, figure.replace("90", "68")}.isdisjoint(words)
