"""The benchmarks run; and what one of them counts: training maps no memory anew in each step."""

import json
import os
import shutil
import sys

import pytest


@pytest.fixture
def benchmark(run, root):
    """A function that runs a benchmark and returns what it printed."""

    def benchmark(name, *options):
        result = run(sys.executable, root / "tests/benchmarks" / f"{name}.py", *options, timeout=300)
        assert result.returncode == 0, result.stderr
        return result.stdout

    return benchmark


def test_a_step_of_training_maps_no_more_memory_than_a_bare_loop(benchmark, tmp_path):
    # tf.data.Dataset.from_generator made it 13,000 pages a step of this network.
    options = ("--kinds", "ours", "bare", "--ranks", "1", "--rounds", "2", "--json", tmp_path / "figures.json")
    table = benchmark("training_speed", "--networks", "reference_cnn:64:32:20", *options)
    assert table.count("| reference_cnn, 64 px, batch 32 | 1 |") == 2
    figures = {row["kind"]: row for row in json.loads((tmp_path / "figures.json").read_text())}
    faults = {kind: row["page_faults_per_step"] for kind, row in figures.items()}
    assert faults["ours"] < faults["bare"] + 200
    assert len(figures["ours"]["images_per_second"]) == 2


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("tc"), reason="needs root and iproute2 to shape a link")
def test_the_exchange_is_measured_over_a_link_of_given_bandwidth(benchmark):
    options = ("--network", "reference_cnn:16:8", "--rates", "1gbit", "--buckets", "0", "0.1", "--rounds", "1")
    table = benchmark("exchange", *options)
    assert table.count("| between ranks, as the first |") == 2  # both sizes of buckets
    assert "| 1gbit | no exchange |" in table


def test_feeding_is_measured(benchmark):
    assert "training of the reference network" in benchmark("data_path", "32", "1")


def test_preparing_is_measured(benchmark):
    assert "prepare_images |" in benchmark("preparing", "32", "1")


def test_what_jobs_ask_for_covers_what_they_take(benchmark):
    table = benchmark("memory", "64", "--stages", "prepare_images", "predict_images", "explain_examples")
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    assert [row[0].strip() for row in rows] == ["prepare_images", "predict_images", "explain_examples"]
    assert all(0 < int(peak) < int(asked) for _, _, peak, asked in rows)


def test_rendering_is_measured(benchmark):
    assert "ms an image" in benchmark("rendering", "32", "500")


def test_encoders_of_other_backbones_are_measured(benchmark):
    table = benchmark("encoder", "1", "EfficientNetB0:128:2", "VGG16:64:2")
    assert "| EfficientNetB0, 128 px | 4 × 4 × 1280 |" in table and "| VGG16, 64 px | 2 × 2 × 512 |" in table
