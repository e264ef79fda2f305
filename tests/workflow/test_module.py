"""The workflow as a module of another workflow that names its repository, as snakedeploy writes it."""

import os
import re
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

SNAKEFILE = """
configfile: "config/config.yaml"
module mergers:
    snakefile: github("somebody/deepgalaxy-workflow", path="workflow/Snakefile", tag="v1")
    config: config
use rule * from mergers as mergers_*
rule all:
    default_target: True
    input: rules.mergers_all.input
"""
SNAPSHOTS = "results/datasets/tiny/simulations/s_1_m_1/snapshots.hdf5"


@pytest.fixture(scope="module")
def repository(checkout_in, run, tmp_path_factory):
    """A repository of this checkout with the tag v1."""
    checkout = checkout_in(tmp_path_factory.mktemp("published"))
    assert run("git", "tag", "v1", cwd=checkout).returncode == 0
    return checkout


@pytest.fixture(scope="module")
def cache(repository, run, tmp_path_factory):
    """A cache in which Snakemake finds that repository, as if it had cloned it from GitHub."""
    cache = tmp_path_factory.mktemp("cache")
    clones = cache / "snakemake/snakemake/source-cache/snakemake-git-cache/github.com/somebody"
    cloned = run("git", "clone", "--bare", repository, clones / "deepgalaxy-workflow")
    assert cloned.returncode == 0, cloned.stderr
    return cache


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A Python environment with all packages of this one but those that are installed editable, as this package is."""
    directory = tmp_path_factory.mktemp("environment")
    venv.create(directory, with_pip=False)
    packages = directory / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return directory


@pytest.fixture
def snakemake(repository, cache, environment, run, tmp_path):
    """A function that runs Snakemake, in that environment, on a workflow that uses the module."""
    (tmp_path / "config").symlink_to(repository / ".test/config")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    variables = {
        "PYTHONPATH": "",
        "XDG_CACHE_HOME": cache,
        "PATH": f"{environment}/bin{os.pathsep}{os.environ['PATH']}",
    }

    def snakemake(*options):
        return run(environment / "bin/python", "-m", "snakemake", "--cores", 1, *options, cwd=tmp_path, env=variables)

    return snakemake


def test_without_the_package_one_sentence_says_how_to_install_it_and_with_it_the_rules_run(
    snakemake, environment, repository, run, tmp_path
):
    missing = snakemake("-n")
    shown = missing.stdout + missing.stderr
    assert missing.returncode == 1 and "Traceback" not in shown
    command = re.search(r"`deepgalaxy` is not installed in .* with: (\S+) -m pip install (\S+)", shown)
    assert command and Path(command[1]) == environment / "bin/python", shown
    assert command[2] == "git+https://github.com/somebody/deepgalaxy-workflow@v1"

    options = ("--quiet", "--no-index", "--no-deps", "--no-build-isolation")
    installed = run(command[1], "-m", "pip", "install", *options, f"git+file://{repository}@v1", env={"PYTHONPATH": ""})
    assert installed.returncode == 0, installed.stderr
    planned = snakemake("-n", "--forceall")
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "mergers_write_report" in planned.stdout + planned.stderr

    simulated = snakemake(SNAPSHOTS)
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr
    assert (tmp_path / SNAPSHOTS).is_file() and (tmp_path / "logs/simulate_galaxies/tiny/s_1_m_1.log").is_file()
    exported = tmp_path / ".snakemake/packages"
    assert [path.name for path in exported.iterdir()] == ["deepgalaxy"]
    again = snakemake("-n", SNAPSHOTS)
    assert "Nothing to be done" in again.stdout + again.stderr
