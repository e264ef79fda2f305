"""Throughput of runs, their scaling, and old logs, against cases worked out by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from deepgalaxy.files import write_table
from deepgalaxy.scaling.counted_epochs import after_warm_up, length_of_study_run, split_repeats
from deepgalaxy.scaling.old_logs import LoggedRun, read_train_log
from deepgalaxy.scaling.published_points import read_published_points
from deepgalaxy.scaling.throughput import (
    OURS,
    TABLE_COLUMNS,
    measure_runs,
    read_last_epochs,
    read_run,
    read_study,
    scaling_table,
    summarise_throughput,
)
from deepgalaxy.training.record import (
    EpochRecord,
    RankTimes,
    time_to_target,
    workers_by_epoch,
    write_records,
    write_train_log,
)

# As printed in DeepGalaxy's README, among other lines of its logger.
README_LOG = """Parallel training enabled.
batch_size = 4, global_batch_size = 16, num_workers = 4

[Performance] Epoch 0 takes 107.60 seconds. Throughput: 2.37 images/sec (per worker), 9.48 images/sec (total)
[Performance] Epoch 1 takes 17.15 seconds. Throughput: 14.87 images/sec (per worker), 59.47 images/sec (total)
[Performance] Epoch 2 takes 10.95 seconds. Throughput: 23.29 images/sec (per worker), 93.15 images/sec (total)
[Performance] Epoch 3 takes 10.99 seconds. Throughput: 23.21 images/sec (per worker), 92.82 images/sec (total)
[Performance] Epoch 4 takes 11.01 seconds. Throughput: 23.17 images/sec (per worker), 92.67 images/sec (total)
[Performance] Epoch 5 takes 11.00 seconds. Throughput: 23.18 images/sec (per worker), 92.72 images/sec (total)
"""


def records(*seconds):
    """Epochs of 100 images by two ranks, the slower of which takes so many seconds."""
    ranks = [[RankTimes(train=s, input=s / 10, exchange=s / 2), RankTimes(train=s / 2, validation=3)] for s in seconds]
    return [EpochRecord(number, 100, 0, 0, 0, 0, 0, epoch) for number, epoch in enumerate(ranks, start=1)]


def test_throughput_leaves_the_warm_up_out():
    summary = summarise_throughput(after_warm_up(records(100, 50, 50, 10, 4, 10)))
    assert summary == {
        "epochs_used": 3,
        "images_per_second_per_worker": 5.0,
        "images_per_second": 10.0,
        # Ranks train for 10, 5, 4, 2, 10 and 5 seconds.
        "compute_seconds": pytest.approx((36 - 0.1 * 24 - 0.5 * 24) / 6),
        "input_seconds": pytest.approx(0.1 * 24 / 6),
        "exchange_seconds": pytest.approx(0.5 * 24 / 6),
        "validation_seconds": 1.5,
    }
    assert after_warm_up(["first", "second", "third"]) == ["second", "third"]
    assert after_warm_up(["only"]) == ["only"]


def test_repeats_share_one_warm_up():
    assert length_of_study_run(repeats=3, epochs=2) == 9
    assert split_repeats(range(1, 10), 3) == [range(4, 6), range(6, 8), range(8, 10)]
    assert split_repeats(["a", "b", "c", "d"], 1) == [["d"]]
    for epochs in (range(8), range(3), []):
        with pytest.raises(ValueError, match=r"is not 2 repeat\(s\) of the same length after 3 of warm-up; delete it"):
            split_repeats(epochs, 2)


def test_the_seconds_of_an_epoch_are_means_over_epochs_and_ranks():
    # Ranks train for 10 and 5, and for 2 and 1 seconds.
    summary = summarise_throughput(records(10, 2))
    assert {name: summary[name] for name in summary if name.endswith("_seconds")} == {
        "compute_seconds": pytest.approx((10 + 5 + 2 + 1 - 0.1 * 12 - 0.5 * 12) / 4),
        "input_seconds": pytest.approx(0.1 * 12 / 4),
        "exchange_seconds": pytest.approx(0.5 * 12 / 4),
        "validation_seconds": 1.5,
    }


def test_the_number_of_ranks_is_held_against_the_path(tmp_path):
    write_records(records(1, 1), tmp_path / "epochs.jsonl")
    assert len(read_run(tmp_path / "epochs.jsonl", 2)) == 2
    with pytest.raises(ValueError, match=r"Epoch 1 in .*epochs.jsonl was trained by 2 rank\(s\), but .* 4 worker\(s\)"):
        read_run(tmp_path / "epochs.jsonl", 4)
    write_records([], tmp_path / "epochs.jsonl")
    with pytest.raises(ValueError, match="has no finished epoch"):
        read_run(tmp_path / "epochs.jsonl", 2)


def test_epochs_of_another_number_of_ranks_before_the_last_do_not_count(tmp_path):
    alone = [EpochRecord(number, 100, 0, 0, 0, 0, 0, [RankTimes(train=5)]) for number in (1, 2)]
    both = [replace(record, epoch=record.epoch + 2) for record in records(1, 1, 1)]
    path = tmp_path / "epochs.jsonl"
    write_records([*alone, *both], path)
    assert [record.epoch for record in read_last_epochs(path, 2)] == [3, 4, 5]
    with pytest.raises(ValueError, match=r"Epoch 3 in .* was trained by 2 rank\(s\)"):
        read_last_epochs(path, 1)
    write_train_log([*alone, *both], tmp_path / "train_log.txt")
    assert [run.workers for run in read_train_log(tmp_path / "train_log.txt")] == [1, 2]
    assert workers_by_epoch([*alone, *both]) == [{"from_epoch": 1, "workers": 1}, {"from_epoch": 3, "workers": 2}]


def test_the_time_to_a_target_is_that_of_the_epochs_until_then():
    losses = (3.0, 2.0, 1.0, 0.5)
    times = RankTimes(train=5, reload=1, validation=2, checkpoint=0.5, input=4, exchange=4)
    run = [
        EpochRecord(number, 100, 0, 0, 0, loss, 0, [RankTimes(train=6), times], validation_properties_loss=0.5)
        for number, loss in enumerate(losses, 1)
    ]
    assert time_to_target(run, 1.5) == {"validation_loss": 1.5, "epochs": 3, "seconds": 3 * 8.5}
    assert time_to_target(run, 0.9) == {"validation_loss": 0.9, "epochs": None, "seconds": None}
    assert time_to_target(run, 0) is None


def study(workers, *speeds, kinds=("weak",), batch_size=8, **names):
    about = {"dataset": "d", "sample": "s", "model": "m", "source": OURS, "kinds": kinds, "workers": workers}
    parts = {"compute_seconds": 4, "input_seconds": 1, "exchange_seconds": 2, "validation_seconds": 3}
    return [about | names | parts | {"batch_size": batch_size, "images_per_second": speed} for speed in speeds]


def test_scaling_against_one_worker():
    table = scaling_table(study(1, 9, 10, 11) + study(4, 30, 32, 34) + study(8, 40, 40))
    assert list(table.columns) == TABLE_COLUMNS
    assert list(table["workers"]) == [1, 4, 8] and list(table["runs"]) == [3, 3, 2]
    assert list(table["global_batch_size"]) == [8, 32, 64]
    np.testing.assert_allclose(table["images_per_second"], [10, 32, 40])
    np.testing.assert_allclose(table["images_per_second_per_worker"], [10, 8, 5])
    np.testing.assert_allclose(table["efficiency"], [1, 0.8, 0.5])
    low, high = stats.t.interval(0.95, 2, loc=32, scale=2 / np.sqrt(3))
    assert tuple(table.loc[1, ["images_per_second_low", "images_per_second_high"]]) == pytest.approx((low, high))
    per_worker = ["images_per_second_per_worker_low", "images_per_second_per_worker_high"]
    assert tuple(table.loc[1, per_worker]) == pytest.approx((low / 4, high / 4))
    half = 0.8 * stats.t.ppf(0.975, 2) * np.hypot(1 / 10, 2 / 32) / np.sqrt(3)
    assert tuple(table.loc[1, ["efficiency_low", "efficiency_high"]]) == pytest.approx((0.8 - half, 0.8 + half))
    assert np.isnan(table.loc[2, ["images_per_second_low", "efficiency_low"]].astype(float)).all()  # of two runs


def test_a_single_worker_serves_both_kinds():
    runs = study(1, 10, kinds=("weak", "strong")) + study(2, 18) + study(2, 15, kinds=("strong",), batch_size=4)
    table = scaling_table(runs).set_index(["kind", "workers"])
    assert table["efficiency"].to_dict() == {
        ("weak", 1): 1,
        ("weak", 2): 0.9,
        ("strong", 1): 1,
        ("strong", 2): 0.75,
    }
    assert table["global_batch_size"].to_dict() == {("weak", 1): 8, ("weak", 2): 16, ("strong", 1): 8, ("strong", 2): 8}


def test_there_is_no_efficiency_without_a_single_worker_and_no_row_without_a_run():
    table = scaling_table(study(2, 20, 20, 20))
    assert table["images_per_second"][0] == 20 and np.isnan(table["efficiency"][0])
    assert scaling_table([]).empty and list(scaling_table([]).columns) == TABLE_COLUMNS


def test_a_study_is_read_with_the_old_logs(tmp_path):
    log = [{"source": "old cluster", "kinds": [None], "workers": 4, "images_per_second": 92.0}]
    runs = study(1, 10) + study(2, 18) + study(1, 7, model="other") + study(1, 8, dataset="10") + log
    write_table(scaling_table(runs), tmp_path / "scaling.csv")
    found = read_study(tmp_path / "scaling.csv", ("d", "s", "m"))
    assert found["images_per_second"].tolist() == [10, 18, 92]
    # A name that looks like a number is a name.
    assert read_study(tmp_path / "scaling.csv", ("10", "s", "m"))["images_per_second"].tolist() == [8, 92]


TRAINING = {
    "machine": {"processor": "P"},
    "ranks": [],
    "launcher": "mpirun",
    "environment": {"OMP_NUM_THREADS": "1"},
    "versions": {"python": "3"},
    "gradient_bytes": 4,
}


@pytest.fixture
def made(tmp_path):
    """A function that makes the files of a run of two workers by ``threads`` each, measured twice, and returns it with
    their paths."""

    def made(batch, threads=1):
        run = {"dataset": "d", "sample": "s", "model": "m", "workers": 2, "batch": batch}
        epochs, training = tmp_path / f"{batch}.jsonl", tmp_path / f"{batch}.json"
        write_records(records(100, 50, 50, 10, 20), epochs)
        training.write_text(json.dumps(TRAINING | {"threads_per_worker": threads}))
        return run | {"repeats": 2, "kinds": ["weak"]}, epochs, training

    return made


def test_a_runs_measurement_says_on_what_it_was_made(made, tmp_path):
    (tmp_path / "train_log.txt").write_text(README_LOG)
    runs, epochs, training = zip(made(8))
    measured = measure_runs(runs, epochs, training, [{"path": tmp_path / "train_log.txt", "label": "README"}])
    assert [run["source"] for run in measured] == [OURS, OURS, "README"]
    assert [(run["repeat"], run["images_per_second"]) for run in measured[:2]] == [(0, 10), (1, 5)]
    assert measured[0]["launcher"] == "mpirun"
    assert {"machine", "versions", "ranks", "environment"} <= measured[1].keys()
    # The median of 92.82, 92.67 and 92.72, after the third line.
    assert (measured[2]["workers"], measured[2]["images_per_second"]) == (4, 92.72)
    table = scaling_table(measured)
    assert list(table["source"]) == [OURS, "README"] and list(table["runs"]) == [2, 1]
    assert table.loc[1, ["dataset", "kind", "batch_size", "efficiency", "compute_seconds"]].isna().all()


def test_runs_with_different_threads_do_not_compare(made):
    runs, epochs, training = zip(made(8), made(4, threads=2))
    with pytest.raises(ValueError, match=r"Workers had 1 threads in one run of d/s/m and 2 in .*4.jsonl, so that"):
        measure_runs(runs, epochs, training, [])


# Old logs


def test_a_log_of_deepgalaxys_is_read_among_its_other_lines(tmp_path):
    path = tmp_path / "train_log.txt"
    path.write_text(README_LOG)
    assert read_train_log(path) == [LoggedRun(4, [9.48, 59.47, 93.15, 92.82, 92.67, 92.72])]
    # DeepGalaxy appends to the file that it finds.
    single = "takes 9.00 seconds. Throughput: 20.00 images/sec (per worker), 20.00 images/sec (total)\n"
    path.write_text(README_LOG + "".join(f"[Performance] Epoch {epoch} {single}" for epoch in (0, 1)))
    assert read_train_log(path)[1] == LoggedRun(1, [20.0, 20.0])


def test_byte_order_marks_lose_no_epoch(tmp_path):
    """Windows editors write one at the head of a file; joined files have them in the middle."""
    rates = "20.00 images/sec (per worker), 20.00 images/sec (total)"
    one = f"[Performance] Epoch 0 takes 9.00 seconds. Throughput: {rates}\r\n"
    path = tmp_path / "train_log.txt"
    path.write_bytes(2 * one.encode("utf-8-sig"))
    assert read_train_log(path) == 2 * [LoggedRun(1, [20.0])]


def test_the_number_of_workers_is_the_ratio_unless_it_is_stated(tmp_path):
    line = (
        "[Performance] Epoch 0 takes 9.00 seconds. Throughput: 0.16 images/sec (per worker), 10.31 images/sec (total)"
    )
    path = tmp_path / "train_log.txt"
    for before, workers in (("", 64), ("batch_size = 4, global_batch_size = 264, num_workers = 66\n", 66)):
        path.write_text(before + line)
        assert read_train_log(path) == [LoggedRun(workers, [10.31])]


@pytest.mark.parametrize("workers", [1, 2, 3, 64, 512])
def test_our_own_log_is_read(tmp_path, workers):
    # Slow workers, of whose throughput two decimals are few digits.
    epochs = [
        EpochRecord(number, 100 * workers, 0, 0, 0, 0, 0, [RankTimes(train=seconds)] * workers)
        for number, seconds in enumerate((900, 100, 95, 90), start=1)
    ]
    write_train_log(epochs, tmp_path / "train_log.txt")
    (run,) = read_train_log(tmp_path / "train_log.txt")
    assert run.workers == workers
    np.testing.assert_allclose(run.images_per_second, [epoch.images_per_second for epoch in epochs], atol=0.006)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"epoch,loss\n1,0.5\n", "None of the 2 lines of "),
        (b"", "None of the 0 lines of "),
        (b"\x89HDF\r\n\x1a\n", "line 1, is not text"),
        (README_LOG.encode() + b"[Performance] Epoch 6 takes", "line 10, is not a DeepGalaxy line"),
        (README_LOG.replace("23.29", "0.00").encode(), "line 6, is not a DeepGalaxy line"),
        (
            README_LOG.replace("59.47 images", "29.74 images").encode(),
            "line 5, is from 2 workers, but its run is from 4.",
        ),
    ],
)
def test_a_file_that_is_no_log_is_named_with_the_line(tmp_path, content, sentence):
    path = tmp_path / "old.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        read_train_log(path)
    assert str(path) in str(error.value) and sentence in str(error.value)


# What others have published


def test_published_points_have_their_sources():
    published = read_published_points()
    assert published["source"].str.match(r"(https://(doi\.org|github\.com)/\S+|.*; no DOI known)$").all()
    assert published[["label", "hardware", "workers"]].notna().all(axis=None)
    assert published[["images_per_second", "efficiency"]].notna().any(axis=1).all()
