"""Figures of merit, worked out by hand, and what reads them."""

import ast
import re
from dataclasses import asdict
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from deepgalaxy.benchmark.latency import WARM_UP_CALLS, measure_latency, percentiles, time_calls
from deepgalaxy.benchmark.merit import (
    COLUMNS,
    HIGHER,
    LOWER,
    NOT_REACHED,
    Figure,
    figure_lines,
    figure_table,
    of_runs,
    overall,
    read_reference,
    refuse_failures,
    without_extremes,
)
from deepgalaxy.benchmark.study import benchmark_study, write_tsv
from deepgalaxy.files import write_json
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.record import EpochRecord, RankTimes, time_to_target, write_records

NAMES = {"dataset": "d", "sample": "s", "model": "m"}
TARGET = 1.0


def test_the_best_and_the_worst_do_not_count():
    assert without_extremes([5, 1, 3, 2, 4], LOWER) == [2, 3, 4]
    assert without_extremes([5, 1, 3, 2, 4], HIGHER) == [4, 3, 2]
    assert without_extremes([5, None, 0, 2, 4], LOWER) == [2, 4, 5]
    assert of_runs("x", "s", LOWER, [5, None, 1, 2, 3]).value == pytest.approx(10 / 3)
    assert of_runs("x", "s", LOWER, [5, None, None, 2, 3], NOT_REACHED).value == "not reached"
    with pytest.raises(ValueError, match=r"Of 2 run\(s\), nothing is left"):
        without_extremes([1, 2], LOWER)


FAST = Figure("images_per_second", "images/s", HIGHER, (90.0, 100.0, 110.0), 5)
SLOW = Figure("seconds_to_target", "s", LOWER, (10.0,), 1)


def table_of(*figures, reference=None):
    return figure_table(figures, NAMES, "abc", reference or {})


@pytest.mark.parametrize(
    ("figure", "reference", "verdict"),
    [
        *((FAST, (value, 0.1), verdict) for value, verdict in ((50, "pass"), (111, "pass"), (112, "fail"))),
        *((SLOW, (value, 0.2), verdict) for value, verdict in ((50, "pass"), (8.34, "pass"), (8.3, "fail"))),
        (of_runs("joules_to_target", "J", LOWER, 5 * [None]), (5, 0.1), "no reference"),
        (of_runs("epochs_to_target", "epochs", LOWER, 5 * [None], NOT_REACHED), (5, 0.1), "fail"),
    ],
)
def test_a_figure_may_be_worse_than_its_reference_by_the_tolerance(figure, reference, verdict):
    table = table_of(figure, reference={figure.name: reference})
    assert list(table["verdict"]) == [verdict] == [overall(table)]
    if verdict == "fail":
        with pytest.raises(ValueError, match=f"{figure.name} of d/s/m is .*, and the reference is .* tolerance of"):
            refuse_failures(table)
    else:
        refuse_failures(table)


def test_a_table_is_the_reference_of_a_later_one(tmp_path):
    unmeasured = of_runs("joules_to_target", "J", LOWER, 5 * [None])
    write_tsv(table_of(FAST, SLOW, unmeasured), tmp_path / "figures.tsv")
    reference = read_reference(tmp_path / "figures.tsv", "abc")
    assert reference == {"images_per_second": (100.0, 0.1), "seconds_to_target": (10.0, 0.1)}
    assert read_reference(tmp_path / "figures.tsv", "another") == {}
    assert overall(table_of(FAST, SLOW, reference=reference)) == "pass"
    (tmp_path / "other.tsv").write_text("figure\tvalue\n")
    with pytest.raises(ValueError, match=r"lacks the column\(s\) configuration, tolerance; name a figures.tsv"):
        read_reference(tmp_path / "other.tsv", "abc")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read as a table"),
        (b"\xff\xfe\x00", "cannot be read as a table"),
        (("images_per_second", "1O0", ""), "has images_per_second with value '1O0' and tolerance ''"),
        (("images_per_second", "100", "30%"), "tolerance '30%': a figure has one row"),
        (("images_per_second", "100", "1"), "its tolerance one from 0 to below 1"),
        (("seconds_to_target", "10", ""), "a figure has one row"),
    ],
)
def test_a_damaged_reference_is_refused(tmp_path, content, says):
    path = tmp_path / "figures.tsv"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        rows = [("configuration", "figure", "value", "tolerance"), ("abc", "seconds_to_target", "10", "")]
        path.write_text("".join("\t".join(row) + "\n" for row in [*rows, ("abc", *content)]))
    with pytest.raises(ValueError, match=re.escape(says)):
        read_reference(path, "abc")


def constants_of(path):
    """The texts that a module's names stand for; it is not imported, since ReFrame may be missing."""
    assignments = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
    return {node.targets[0].id: node.value.value for node in assignments if isinstance(node.value, ast.Constant)}


def test_reframe_reads_what_is_written(root):
    unmeasured = of_runs("joules_to_target", "J", LOWER, 5 * [None])
    large = Figure("images_per_second", "images/s", HIGHER, (1234567.0,), 1)
    lines = figure_lines(table_of(large, SLOW, unmeasured))
    assert lines == [
        *("CONFIGURATION abc d/s/m", "FOM images_per_second 1.23457e+06", "FOM seconds_to_target 10"),
        *("FOM joules_to_target not measured", "BENCHMARK no reference"),
    ]
    reframe = constants_of(root / "tests/reframe/benchmark.py")
    found = re.finditer(reframe["FIGURE"], "\n".join(lines), re.MULTILINE)
    figures = {match["figure"]: float(match["value"]) for match in found}
    assert figures == {"images_per_second": 1234570.0, "seconds_to_target": 10.0}
    assert [re.match(reframe["VERDICT"], f"BENCHMARK {what}") is None for what in ("pass", "no reference", "fail")] == [
        *(False, False, True)
    ]


def make_run(directory, losses, workers, scaling, repeat, merit):
    """A run of the benchmark with these validation losses, and its files."""
    times = [RankTimes(train=2.0, validation=0.5)] * workers
    epochs = [
        EpochRecord(number, 100 * workers, 0, 0, 0, loss, 0.5 + 0.1 * number, times)
        for number, loss in enumerate(losses, 1)
    ]
    place = directory / f"{workers}-{scaling}-{repeat}"
    place.mkdir()
    write_records(epochs, place / "epochs.jsonl")
    options = asdict(TrainingOptions("reference_cnn", 9, 8, learning_rate=0.01, learning_rate_scaling=scaling))
    machine = dict.fromkeys(("machine", "threads_per_worker", "ranks", "launcher", "environment", "versions"), 1)
    about = {"options": options, "target": time_to_target(epochs, TARGET), "energy_joules": {"rapl": 3.0, "nvml": 4.0}}
    write_json(machine | about, place / "training.json")
    run = NAMES | {"workers": workers, "scaling": scaling, "repeat": repeat, "merit": merit}
    return run, place / "epochs.jsonl", place / "training.json"


def test_the_tables_of_a_study_are_those_of_its_runs(tmp_path):
    runs = [
        make_run(tmp_path, [3.0] * extra + [0.9], workers, scaling, repeat, merit)
        for workers, scaling, merit in ((1, "none", False), (2, "none", True), (2, "sqrt", False))
        for repeat, extra in enumerate((1, 2, 3, 4, 8) if workers == 2 else (3, 3, 3, 3, 3))
    ]
    never = make_run(tmp_path, [3.0], 2, "sqrt", 5, False)
    calls = [{"batch": 8, "calls": 100, "p50_ms": 1.0, "p90_ms": 2.0, "p99_ms": 3.0}]
    write_json({"device": "CPU", "threads": 2, "calls": calls}, tmp_path / "latency.json")
    table, convergence, about = benchmark_study(*zip(*runs, never), tmp_path / "latency.json", {"seed": 1})
    assert tuple(table.columns) == COLUMNS
    assert dict(zip(table["figure"], table["value"])) == {
        "images_per_second": 100.0,
        "seconds_to_target": pytest.approx(2.5 * 4),
        "epochs_to_target": pytest.approx((3 + 4 + 5) / 3),
        "joules_to_target": 7.0,
        **{f"latency_p{percent}_batch_8": value for percent, value in ((50, 1.0), (90, 2.0), (99, 3.0))},
    }
    assert list(convergence["workers"]) == [1, 2, 2] and list(convergence["reached"]) == [5, 5, 5]
    assert list(convergence["runs"]) == [5, 5, 6] and list(convergence["global_batch_size"]) == [8, 16, 16]
    np.testing.assert_allclose(convergence["learning_rate"], [0.01, 0.01, 0.01 * 2**0.5])
    np.testing.assert_allclose(convergence["epochs_to_target"], [4, 4, (3 + 4 + 5 + 9) / 4])
    np.testing.assert_allclose(convergence["validation_accuracy"][:2], [0.9, 0.9])
    assert about["settings"] == {"seed": 1} and about["machine"] == 1 and len(about["trainings"]) == len(runs) + 1


@pytest.fixture
def prepared(tmp_path):
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        file["images"] = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return tmp_path / "images.hdf5"


def test_a_percentile_is_a_time_that_was_measured():
    assert percentiles(np.arange(1, 101) / 1000) == {"p50_ms": 50.0, "p90_ms": 90.0, "p99_ms": 99.0}


def test_calls_take_other_images_each_after_a_warm_up(prepared):
    taken = []
    network = SimpleNamespace(predict_on_batch=lambda images: taken.append(images[:, 0, 0, 0].tolist()))
    first, second = measure_latency(network, prepared, [2, 7], 100)
    assert [(each["batch"], each["calls"]) for each in (first, second)] == [(2, 100), (7, 100)]
    assert 0 < first["p50_ms"] <= first["p90_ms"] <= first["p99_ms"]
    assert taken[:3] == [[0, 1], [2, 3], [4, 0]] and taken[-1] == [(109 * 7 + place) % 5 for place in range(7)]
    assert len(taken) == 2 * (WARM_UP_CALLS + 100)
    assert len(time_calls(lambda _: None, np.zeros((1, 1)), 1, 3)) == 3
