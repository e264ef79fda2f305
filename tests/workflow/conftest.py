"""The finished workflow on tiny mergers, handed to each file of tests as a copy of its own."""

import shutil

import pytest
import yaml


@pytest.fixture(scope="module")
def chain(finished, tmp_path_factory):
    """A directory in which the whole chain has run, and which the tests of a file may change."""
    return shutil.copytree(finished, tmp_path_factory.mktemp("chain") / "checkout", symlinks=True)


@pytest.fixture(scope="module")
def snakemake(run, chain):
    """A function that runs Snakemake with the local profile in that directory."""

    def snakemake(*options):
        return run("snakemake", "--profile", "profiles/local", *options, cwd=chain, timeout=1200)

    return snakemake


@pytest.fixture
def with_settings(snakemake, tmp_path):
    """A function that runs Snakemake with some settings laid over the configuration."""

    def with_settings(settings, *options):
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
        return snakemake("--configfile", tmp_path / "settings.yaml", *options)

    return with_settings
