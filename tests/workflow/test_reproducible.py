"""Two runs of the same commit and configuration: the same bits, but for what says how long something took."""

import hashlib
import json
import re
import shutil
from fnmatch import fnmatch

import pytest
import yaml

from support.crates import validate_crate

WHERE_IT_RAN = ("machine", "ranks", "environment", "energy_joules")


@pytest.fixture(scope="module")
def again(checkout_in, run, tmp_path_factory):
    """A second copy of this checkout in which the whole chain has run."""
    directory = checkout_in(tmp_path_factory.mktemp("again"))
    result = run("snakemake", "--profile", "profiles/local", cwd=directory, timeout=1200)
    assert result.returncode == 0, result.stdout + result.stderr
    return directory


def provenance(directory):
    return json.loads((directory / "results/provenance.json").read_text())


def without_the_machine(training):
    """What a training.json says of the run, but not where it was, and what it took there: a virtual machine's memory,
    say, may change."""
    return {name: value for name, value in json.loads(training.read_text()).items() if name not in WHERE_IT_RAN}


def test_two_runs_give_the_same_bits_but_for_what_measures_time(finished, again, root):
    listed = re.search(r"```\n(benchmarks/.*?)```", (root / "docs/provenance.md").read_text(), re.DOTALL)[1].split()
    first, second = provenance(finished), provenance(again)
    assert first.keys() == second.keys()
    for part in first.keys() - {"commit", "results", "run"}:  # each copy has a commit of its own
        assert first[part] == second[part], part
    assert first["results"].keys() == second["results"].keys()
    measuring = {path for path in first["results"] if any(fnmatch(path, pattern) for pattern in listed)}
    different = {path for path, entry in first["results"].items() if entry != second["results"][path]} - measuring
    for path in sorted(path for path in different if path.endswith("/training.json")):
        assert without_the_machine(finished / path) == without_the_machine(again / path), path
        different.remove(path)
    assert not different, f"differ, and docs/provenance.md does not list them: {sorted(different)}"
    for pattern in listed:
        assert any(fnmatch(path, pattern) for path in measuring), (
            f"docs/provenance.md lists {pattern}, which is no more"
        )
    assert "results/tables/metrics.csv" in first["results"].keys() - measuring


def test_the_digests_are_those_of_the_files(finished):
    for path, entry in provenance(finished)["results"].items():
        content = (finished / path).read_bytes()
        assert (entry["sha256"], entry["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content)), path


def test_every_result_is_accounted_for(finished):
    results = finished / "results"
    there = {str(path.relative_to(finished)) for path in results.rglob("*") if path.is_file()}
    there -= {path for path in there if path.startswith("results/source/")}
    there -= {"results/provenance.json", "results/ro-crate-metadata.json"}
    assert there == {path for path in provenance(finished)["results"] if path.startswith("results/")}


def test_the_walk_back_from_a_table_ends_at_the_simulations(finished):
    results = provenance(finished)["results"]
    pending, origins = ["results/tables/metrics.csv"], set()
    while pending:
        entry = results[pending.pop()]
        pending += entry["inputs"]
        if not entry["inputs"]:
            origins.add(entry["rule"])
    assert origins == {"simulate_galaxies"}
    parameters = [results[path]["parameters"] for path in results if path.endswith("snapshots.hdf5")]
    assert len({given["seed"] for each in parameters for given in each if "seed" in given}) == 3


def test_the_crate_of_the_results_is_valid(finished, run, tmp_path):
    assert validate_crate(run, finished / "results", tmp_path) == []


def test_the_source_in_the_crate_runs_as_the_run_did(finished, run, tmp_path):
    source = shutil.copytree(finished / "results/source", tmp_path / "source")
    assert (
        yaml.safe_load((source / "config/config.yaml").read_text()) == provenance(finished)["configuration"]["values"]
    )
    result = run("snakemake", "--profile", "profiles/local", "-n", cwd=source)
    assert result.returncode == 0, result.stdout + result.stderr
    jobs = {log for entry in provenance(finished)["results"].values() for log in entry["log"]}
    assert set(re.findall(r"^    log: (\S+)", result.stdout, re.MULTILINE)) >= jobs
