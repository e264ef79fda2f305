"""The documentation as a website: built without a warning; its links lead somewhere, and its pages are current."""

import re
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import conf
import pytest
import reference


class Page(HTMLParser):
    """The addresses that a page refers to, and the places in it that others may."""

    def __init__(self, path):
        super().__init__()
        self.refers, self.places = [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.places |= {attributes.get("id"), attributes.get("name")}
        address = attributes.get("href") or attributes.get("src")
        if address:
            self.refers.append((tag, urlsplit(address)))


@pytest.fixture(scope="module")
def site(run, root, tmp_path_factory):
    """The website, by the command of `make site`."""
    command = re.search(r"^site:.*\n\tpython (-m sphinx .*) site$", (root / "Makefile").read_text(), re.MULTILINE)[1]
    built = tmp_path_factory.mktemp("site") / "site"
    result = run(sys.executable, *command.split(), built)
    assert result.returncode == 0, result.stderr
    return built


def test_links_of_the_site_lead_somewhere(site):
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert site / "docs/README.html" in pages and site / "index.html" in pages
    for path, page in pages.items():
        for tag, address in page.refers:
            if address.scheme or address.netloc:
                assert tag == "a", f"{path.name} takes {address.geturl()} from the network"
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.exists(), f"{path.name}: {address.geturl()}"
            if address.fragment and target in pages:
                assert unquote(address.fragment) in pages[target].places, f"{path.name}: {address.geturl()}"


def test_the_search_knows_the_words_of_the_pages(site):
    index = (site / "searchindex.js").read_text()
    assert "pericentr" in index and "novelti" in index and (site / "search.html").exists()  # stems of words


def test_every_page_has_its_place_in_the_contents(root):
    named = set(re.findall(r"^[\w./-]+$", conf.contents((root / "docs/README.md").read_text()), re.MULTILINE))
    there = {path.relative_to(root) for pattern in conf.include_patterns for path in root.glob(pattern)}
    listed = {(root / "docs" / f"{name}.md").resolve().relative_to(root.resolve()) for name in named}
    assert there - listed == {(root / "docs/README.md").relative_to(root)}


@pytest.mark.parametrize("page", reference.pages(), ids=lambda page: page.name)
def test_the_pages_that_are_made_are_current(page):
    assert page.read_text() == reference.pages()[page], "run `make docs`"
