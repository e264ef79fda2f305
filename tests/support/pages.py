"""Commands and code that documents tell a reader to run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def blocks(page):
    """The blocks of code of a page that can be run, in their order: pairs of language and text."""
    return re.findall(r"^```(sh|python)\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def commands(block):
    """The commands of a block for a shell, one a line, without remarks."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def journeys():
    """The commands of each of the ways to start that README.md describes."""
    return [commands(block) for language, block in blocks("README.md") if language == "sh"]
