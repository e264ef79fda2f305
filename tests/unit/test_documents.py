"""What holds of every page of the documentation."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "config" / "README.md", ROOT / "profiles" / "README.md"]
)
LONGEST_LINE = 140
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pages
def test_no_line_is_long(page):
    lines = enumerate(page.read_text().splitlines(), start=1)
    assert not [number for number, line in lines if len(line) > LONGEST_LINE]


def anchors_of(page):
    """What a link may name behind a #: the headings of a page, as they are turned into anchors."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages
def test_links_within_the_repository_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"\w+:", link):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), link
            assert not anchor or anchor in anchors_of(target), link


@pages
def test_code_that_is_named_is_there(page):
    """Python and rule files, by their paths from the root or within the package; <…> and * stand for any name."""
    if page.name == "CHANGELOG.md":  # which names files that were
        return
    for name in re.findall(r"`(?:python )?([\w/<>*]+/[\w<>*]+\.(?:py|smk))\b", page.read_text()):
        pattern = re.sub(r"<\w+>", "*", name)
        places = (ROOT, ROOT / "workflow" / "scripts" / "deepgalaxy")
        assert any(next(place.glob(pattern), None) for place in places), name


def test_every_page_of_docs_is_linked_from_the_readme_or_from_a_page_that_is():
    reached, pending = set(), [ROOT / "README.md"]
    while pending:
        page = pending.pop()
        if page not in reached:
            reached.add(page)
            links = re.findall(r"\]\(([\w./-]+\.md)", page.read_text())
            pending += [(page.parent / link).resolve() for link in links]
    assert set(PAGES) <= reached, sorted(set(PAGES) - reached)


def test_citation_metadata_and_project_say_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    metadata = json.loads((ROOT / "codemeta.json").read_text())
    assert metadata["version"] == citation["version"] == project["version"]
    assert metadata["license"].rpartition("/")[2] == citation["license"] == project["license"]
    assert metadata["description"] == citation["abstract"].removesuffix(".") == project["description"]
    assert metadata["runtimePlatform"] == f"Python {project['requires-python']}"
    assert [author["name"] for author in metadata["author"]] == [author["name"] for author in citation["authors"]]
    assert (metadata["name"], metadata["keywords"]) == (citation["title"], citation["keywords"])
    [paper] = citation["references"]
    about = metadata["referencePublication"]
    assert (about["@id"], about["name"]) == (f"https://doi.org/{paper['doi']}", paper["title"])


def test_the_public_checks_run_under_every_supported_python():
    matrix = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]["test"]["strategy"]["matrix"]
    wanted = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    assert matrix["python"] == [python for minor in range(30) if (python := f"3.{minor}") in wanted]
