"""What results were made from, by digest, and the crate that says so."""

import hashlib
import json
import re
import zipfile
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

import deepgalaxy
from deepgalaxy.checksums import note_accepted
from deepgalaxy.provenance.crate import copy_source, describe_crate
from deepgalaxy.provenance.document import describe_provenance
from deepgalaxy.provenance.trace import (
    benchmark_of,
    describe_jobs,
    describe_results,
    digest_configuration,
    digest_files,
    read_job_records,
    trace_results,
)
from deepgalaxy.training.model_file import load_network, save_network
from deepgalaxy.training.network import build_network
from deepgalaxy.training.options import TrainingOptions
from support.crates import validate_crate

LONG = "results/models/" + "x" * 200 + "/model.keras"  # longer in Base64 than the name of a file may be
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Each file that is made, by which rule, from what, and by which parameters as Snakemake writes them down.
JOBS = {
    "resources/real.hdf5": ("fetch", [], ["'c0de'"]),
    "results/samples/train.hdf5": ("split", ["resources/real.hdf5"], ["'c0de'", "7"]),
    "results/samples/test.hdf5": ("split", ["resources/real.hdf5"], ["'c0de'", "7"]),
    LONG: ("train", ["results/samples/train.hdf5"], ["'c0de'", "['--epochs=2']"]),
    "results/metrics.csv": ("score", ["observed/m51.png", LONG, "results/samples/test.hdf5"], ["'c0de'", "<odd>"]),
    "results/timed.csv": ("time", ["benchmarks/fetch.tsv"], []),
    "results/old.csv": ("leave", ["gone.csv"], []),
}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with the files of JOBS, each of which Snakemake has recorded, and the records."""
    monkeypatch.chdir(tmp_path)
    for name in (*JOBS, "observed/m51.png", "benchmarks/fetch.tsv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"this is {name}")
    persistence = FilePersistence(path=tmp_path / ".snakemake")
    absolute = {"observed/m51.png": f"{tmp_path}/results/../observed/m51.png"}
    for number, (name, (rule, inputs, params)) in enumerate(JOBS.items()):
        inputs = [absolute.get(path, path) for path in inputs]
        record = MetadataRecord(rule=rule, input=inputs, params=params, log=[f"logs/{rule}.log"])
        record.starttime, record.endtime = 1e9 + number, 1e9 + number + 0.5
        record.input_checksums = {path: f"sha256:{sha256(tmp_path / path)}" for path in inputs if path != "gone.csv"}
        persistence._write_record(name, record)  # noqa: SLF001 - as Snakemake itself does when a job ends
    return tmp_path, read_job_records(".snakemake/metadata")


def test_records_are_read_as_snakemake_writes_them(place):
    directory, records = place
    assert {name: (record["rule"], record["input"]) for name, record in records.items()} == {
        name: (rule, inputs) for name, (rule, inputs, _) in JOBS.items()
    }
    (directory / ".snakemake/metadata/half").write_text('{"rule": "tr')
    assert read_job_records(".snakemake/metadata") == records


def test_a_result_is_traced_to_its_origin_and_to_what_was_made_beside(place):
    _, records = place
    traced = trace_results([LONG], records)
    assert list(traced) == ["resources/real.hdf5", LONG, "results/samples/test.hdf5", "results/samples/train.hdf5"]
    traced = trace_results(["results/metrics.csv"], records)
    assert set(traced) == {*JOBS, "observed/m51.png"} - {"results/timed.csv", "results/old.csv"}
    assert [path for path, record in traced.items() if record is None] == ["observed/m51.png"]


def test_a_benchmark_is_traced_to_the_job_that_it_is_of(place, root):
    traced = trace_results(["results/timed.csv"], place[1])
    assert {path: record["rule"] for path, record in traced.items()} == {
        "benchmarks/fetch.tsv": "fetch",
        "resources/real.hdf5": "fetch",
        "results/timed.csv": "time",
    }
    for file in (root / "rules").glob("*.smk"):
        for log, benchmark in re.findall(r'log:\s+"<logs>(.*?)",\s+benchmark:\s+"<benchmarks>(.*?)"', file.read_text()):
            assert benchmark_of(f"logs{log}") == f"benchmarks{benchmark}"


def test_without_record_or_file_there_is_no_provenance(place):
    directory, records = place
    with pytest.raises(ValueError, match=r"no record of how results/new.csv was made.*--persistence-backend file"):
        trace_results(["results/new.csv", LONG], records)
    with pytest.raises(ValueError, match=r"gone\.csv, from which results were made, is missing"):
        trace_results(["results/old.csv"], records)
    (directory / "results/samples/test.hdf5").unlink()
    assert "results/samples/test.hdf5" not in trace_results([LONG], records)


def test_each_file_is_described_by_digest_rule_inputs_and_parameters(place):
    directory, records = place
    traced = trace_results(["results/metrics.csv"], records)
    described = describe_results(traced, digest_files(traced, "none.txt", 2))
    for path, entry in described.items():
        assert (entry["sha256"], entry["bytes"]) == (sha256(directory / path), len(f"this is {path}"))
    assert described["results/metrics.csv"] | {"sha256": "", "bytes": 0} == {
        "sha256": "",
        "bytes": 0,
        "rule": "score",
        "inputs": ["observed/m51.png", LONG, "results/samples/test.hdf5"],
        "parameters": ["c0de", "<odd>"],
        "log": ["logs/score.log"],
    }
    assert described[LONG]["parameters"] == ["c0de", ["--epochs=2"]]
    assert set(described["observed/m51.png"]) == {"sha256", "bytes"}


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ("observed/m51.png", r"m51.png has changed since results/metrics.csv was made from it.*--forcerun score"),
        (
            "results/samples/train.hdf5",
            r"train.hdf5 has changed since .*/model.keras was made from it.*--forcerun split",
        ),
    ],
)
def test_what_has_changed_since_it_was_used_is_found(place, changed, sentence):
    directory, records = place
    (directory / changed).write_text("another")
    traced = trace_results(["results/metrics.csv"], records)
    with pytest.raises(ValueError, match=sentence):
        describe_results(traced, digest_files(traced, "none.txt", 1))


def test_a_pinned_dataset_is_hashed_again_only_if_it_has_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file.hdf5").write_text("data")
    true = sha256(Path("file.hdf5"))
    Path("checksums.txt").write_text(f"{true}  file.hdf5\n{'b' * 64}  wrong.hdf5\n")
    Path("wrong.hdf5").write_text("data")
    note_accepted("wrong.hdf5", "b" * 64)  # which shows whether it is hashed
    assert digest_files(["wrong.hdf5", "file.hdf5"], "checksums.txt", 1) == {"wrong.hdf5": "b" * 64, "file.hdf5": true}
    Path("wrong.hdf5").write_text("other data")
    with pytest.raises(ValueError, match=r"wrong.hdf5 has changed since it was accepted"):
        digest_files(["wrong.hdf5", "file.hdf5"], "checksums.txt", 1)


def test_times_are_those_of_the_jobs_in_utc(place):
    _, records = place
    records["resources/real.hdf5"]["endtime"] = 1.0  # of a file that is older than the link to it
    run = describe_jobs(trace_results(["results/metrics.csv"], records))
    assert (run["started"], run["finished"]) == ("2001-09-09T01:46:40+00:00", "2001-09-09T01:46:44+00:00")
    assert run["jobs"]["resources/real.hdf5"] == dict.fromkeys(("started", "finished"), run["started"])
    assert run["jobs"].keys() == JOBS.keys() - {"results/timed.csv", "results/old.csv"}


def test_the_digest_of_a_configuration_does_not_hang_on_the_order_of_keys():
    digest = digest_configuration({"b": [1, 2], "a": 0.5})
    assert digest == digest_configuration({"a": 0.5, "b": [1, 2]})
    assert digest == hashlib.sha256(b'{"a":0.5,"b":[1,2]}').hexdigest()
    assert digest != digest_configuration({"a": 0.5, "b": [2, 1]})


def test_the_provenance_of_results_is_one_document(place):
    directory, records = place
    (directory / "checksums.txt").write_text("")
    config = {"seed": 3, "experiment": {"repeats": 1}}
    provenance = describe_provenance(
        ["results/metrics.csv"],
        records,
        "checksums.txt",
        config=config,
        source=directory,
        snakemake="9.0",
        command="snakemake -c 2",
        processes=1,
    )
    assert provenance["commit"] == "not under version control" and provenance["seed"] == 3
    assert provenance["configuration"] == {"sha256": digest_configuration(config), "values": config}
    assert {"python", "snakemake"} <= provenance["software"].keys()
    assert provenance["software"]["numpy"] == np.__version__
    assert provenance["software"]["deepgalaxy-workflow"] == deepgalaxy.__version__
    assert {"processor", "cores"} <= provenance["machine"].keys()
    traced = trace_results(["results/metrics.csv"], records)
    assert provenance["results"] == describe_results(traced, digest_files(traced, "none.txt", 1))
    run = provenance["run"]
    assert run["command"] == "snakemake -c 2" and run["host"]
    assert {name: run[name] for name in ("started", "finished", "jobs")} == describe_jobs(traced)
    assert json.loads(json.dumps(provenance)) == provenance


@pytest.fixture
def crate(place, root):
    """The directory of results as a crate, and its metadata."""
    directory, records = place
    traced = trace_results(["results/metrics.csv"], records)
    provenance = {
        "commit": COMMIT,
        "software": {"snakemake": "9.0"},
        "results": describe_results(traced, digest_files(traced, "none.txt", 1)),
        "run": {"command": "snakemake -c 2"} | describe_jobs(traced),
    }
    results = directory / "results"
    (results / "provenance.json").write_text(json.dumps(provenance))
    copy_source(root, {"seed": 3}, results / "source")
    metadata = describe_crate(provenance, {"train": "Train a network."}, "results")
    (results / "ro-crate-metadata.json").write_text(json.dumps(metadata))
    return results, metadata


def entities(metadata):
    return {entity["@id"]: entity for entity in metadata["@graph"]}


def test_the_source_is_the_workflow_with_the_configuration_of_the_run(crate, root):
    source = crate[0] / "source"
    assert (source / "Snakefile").read_bytes() == (root / "Snakefile").read_bytes()
    copied = {path.relative_to(source) for path in source.rglob("*.py")}
    assert copied == {path.relative_to(root) for name in ("envs", "workflow") for path in (root / name).rglob("*.py")}
    assert yaml.safe_load((source / "config/config.yaml").read_text()) == {"seed": 3}
    assert not list(crate[0].glob(".partial*"))


def test_the_crate_ties_files_to_jobs_by_digest(crate):
    results, metadata = crate
    graph = entities(metadata)
    model = graph[LONG.removeprefix("results/")]
    assert (model["sha256"], model["contentSize"]) == (sha256(results.parent / LONG), str(len(f"this is {LONG}")))
    assert {part["@id"] for part in graph["./"]["hasPart"]} == {
        *("metrics.csv", "samples/train.hdf5", "samples/test.hdf5", model["@id"]),
        *("provenance.json", "source/", "source/Snakefile", "source/config/config.yaml"),
    }
    assert graph[f"#job/{LONG}"] == {
        "@id": f"#job/{LONG}",
        "@type": "CreateAction",
        "name": f"train for {LONG}",
        "description": "Train a network.",
        "instrument": {"@id": "#rule/train"},
        "object": {"@id": "samples/train.hdf5"},
        "result": {"@id": model["@id"]},
        "startTime": "2001-09-09T01:46:43+00:00",
        "endTime": "2001-09-09T01:46:43+00:00",
    }
    split = graph["#job/results/samples/test.hdf5"]
    assert split["result"] == [{"@id": "samples/test.hdf5"}, {"@id": "samples/train.hdf5"}]
    fetched = graph[split["object"]["@id"]]
    assert (fetched["name"], fetched["sha256"]) == ("resources/real.hdf5", sha256(results.parent / fetched["name"]))
    assert graph["#run"]["object"] == [{"@id": "source/config/config.yaml"}, {"@id": "#file/observed/m51.png"}]
    assert graph["./"]["datePublished"] == "2001-09-09T01:46:44+00:00"


REFUSALS = {
    ("./", "license"): "MUST have a `license` property",
    (f"#job/{LONG}", "instrument"): "MUST have an instrument property",
    ("#engine", "object"): "must reference the ControlAction instances",
    ("source/Snakefile", "hasPart"): "MUST refer to orchestrated tools via hasPart",
}
"""What the validator says if one of these properties is missing."""


def test_the_crate_is_valid_and_a_broken_one_is_not(crate, run, tmp_path):
    results, metadata = crate
    validate = partial(validate_crate, run, results, tmp_path)
    assert validate() == []
    for identifier, name in REFUSALS:
        del entities(metadata)[identifier][name]
    (results / "ro-crate-metadata.json").write_text(json.dumps(metadata))
    (results / "metrics.csv").unlink()
    found = validate()
    for refusal in (*REFUSALS.values(), "metrics.csv"):
        assert any(refusal in message for message in found), (refusal, found)


def test_a_network_is_saved_without_date_and_addresses(tmp_path):
    network = build_network(TrainingOptions("reference_cnn", 1, 1), 16, "uint8", 3)
    save_network(network, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("metadata.json")) == {"keras_version": keras.__version__}
        shared = re.findall(rb'"shared_object_id": (\d+)', archive.read("config.json"))
    assert len(shared) > 5 and set(shared) == {b"1"}
    images = np.random.default_rng(1).integers(0, 255, (2, 16, 16, 1), np.uint8)
    loaded = load_network(tmp_path / "model.keras")
    assert np.array_equal(loaded.predict(images, verbose=0), network.predict(images, verbose=0))


def test_a_network_that_holds_code_is_not_loaded(tmp_path):
    images = keras.Input((2, 2, 1))
    keras.Model(images, keras.layers.Lambda(lambda image: image + 1)(images)).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match=r"(?i)lambda"):
        load_network(tmp_path / "model.keras")
