"""What the record of provenance and the crate say of the results of the finished chain."""

import hashlib
import re
import shutil

import yaml

from support.crates import validate_crate
from support.runs import provenance


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
