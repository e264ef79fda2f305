"""Settings of Sphinx for the documentation as a website: `make site`.

The pages are those of the repository, where they are, so that links between them work here and there. Which there are,
and in what order, docs/README.md says.
"""

import re
import tomllib
from pathlib import Path

SITE = Path(__file__).parent
ROOT = SITE.parents[1]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "DeepGalaxy workflow"
version = release = _PROJECT["version"]
copyright = "the DeepGalaxy workflow maintainers, under the MIT licence"
root_doc = "docs/README"
extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/*.md", "config/README.md", "profiles/README.md"]
FOLDERS = ("docs", "config", "profiles")
"""Others are not looked through for pages."""
exclude_patterns = [path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in FOLDERS]
highlight_language = "text"
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"{project} {version}"
html_extra_path = ["index.html"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None


def contents(page: str) -> str:
    """Return tables of contents in MyST, not to be shown, for the headings of a page and the pages that these link."""
    tables = []
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        caption, _, text = section.partition("\n")
        links = re.findall(r"^- \[[^]]*\]\(([\w./-]+)\.md\)", text, re.MULTILINE)
        tables.append("\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *links, "```"]))
    return "\n\n".join(tables)


def _add_contents(_app, name: str, source: list[str]) -> None:
    if name == root_doc:
        source[0] += "\n" + contents(source[0])


def setup(app) -> None:
    """Let the first page have its tables of contents."""
    app.connect("source-read", _add_contents)
