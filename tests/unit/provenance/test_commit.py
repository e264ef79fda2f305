"""Which version of the workflow it is, in a checkout and where it is taken from a repository."""

import pytest

from deepgalaxy.provenance.commit import commit_of
from deepgalaxy.provenance.crate import copy_source


@pytest.fixture
def repository(run, tmp_path, monkeypatch):
    """A repository with a tag, which the workflow is taken from, and its commit."""
    directory = tmp_path / "repository"
    (directory / "config").mkdir(parents=True)
    (directory / "Snakefile").write_text("rule all:\n")
    (directory / "config/config.yaml").write_text("seed: 1\n")
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "first"), ("tag", "v1")):
        assert run("git", *command, cwd=directory).returncode == 0
    monkeypatch.setenv("DEEPGALAXY_REPOSITORY", f"{directory}@v1")
    return directory, run("git", "rev-parse", "HEAD", cwd=directory).stdout.strip()


def test_a_checkout_says_whether_it_was_changed(repository, tmp_path):
    directory, commit = repository
    assert commit_of(directory) == commit_of(directory / "config") == commit
    (directory / "Snakefile").write_text("rule other:\n")
    assert commit_of(directory) == f"{commit}-dirty"
    assert commit_of(tmp_path) == "not under version control"


def test_of_a_repository_the_version_that_is_taken_counts(repository, tmp_path):
    directory, commit = repository
    (directory / "Snakefile").write_text("rule other:\n")
    assert commit_of("https://example.org/workflow/scripts") == commit
    copy_source("https://example.org/workflow", {"seed": 3}, tmp_path / "source")
    assert (tmp_path / "source/Snakefile").read_text() == "rule all:\n"
    assert (tmp_path / "source/config/config.yaml").read_text() == "seed: 3\n"


def test_a_version_that_is_not_there_is_named(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPGALAXY_REPOSITORY", f"{repository[0]}@v2")
    with pytest.raises(ValueError, match=r"Version v2 of the workflow cannot be read from .*v2"):
        copy_source("https://example.org/workflow", {"seed": 3}, tmp_path / "source")
    assert not (tmp_path / "source").exists()
