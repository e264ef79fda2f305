"""Whether a published dataset has a file to begin with is known before anything runs."""

from pathlib import Path

import pytest

from deepgalaxy.planning.published import unavailable


@pytest.fixture
def said(tmp_path, monkeypatch):
    """A function that returns what is said of a dataset with some sources, in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def said(*sources):
        config = {"experiment": {"datasets": ["mine"]}, "datasets": {"mine": {"sources": list(sources)}, "other": {}}}
        return list(unavailable(config, "resources"))

    return said


def test_a_path_that_is_not_there_is_refused(said, tmp_path):
    (sentence,) = said("nowhere.hdf5", str(tmp_path / "gone.hdf5"))
    assert sentence == (
        f"`datasets: mine: sources` is nowhere.hdf5 and {tmp_path}/gone.hdf5: there is no such file; name an address or"
        " the path of a copy there, or put the file at resources/downloads/mine.hdf5."
    )
    (sentence,) = said()
    assert sentence.startswith("`datasets: mine: sources` is empty; name an address")


def test_one_source_that_may_give_it_is_enough(said, tmp_path):
    assert said("nowhere.hdf5", "https://example.org/mine.hdf5") == []
    (tmp_path / "mine.hdf5").touch()
    assert said("nowhere.hdf5", "mine.hdf5") == said(str(tmp_path / "mine.hdf5")) == []


@pytest.mark.parametrize("place", ["resources/mine.hdf5", "resources/downloads/mine.hdf5"])
def test_what_is_there_already_needs_no_source(said, place):
    Path(place).parent.mkdir(parents=True)
    Path(place).touch()
    assert said("nowhere.hdf5") == said() == []


def test_mergers_to_simulate_have_no_sources():
    assert list(unavailable({"experiment": {"datasets": ["drawn"]}, "datasets": {"drawn": {"mergers": []}}}, "r")) == []
