"""The model of scaling: its formulae by hand, and synthetic measurements of which the truth is known."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from deepgalaxy.files import write_json, write_table
from deepgalaxy.scaling import model as scaling_model
from deepgalaxy.scaling.model import (
    Exchange,
    Measurements,
    ScalingModel,
    collect_measurements,
    expected_maximum,
    fit_exchange,
    leave_out_largest,
    predict_scaling,
)
from deepgalaxy.scaling.study import model_study
from deepgalaxy.training.ranks import allreduce_sweep as sweeping
from deepgalaxy.training.ranks.allreduce_sweep import COLUMNS, SIZES, time_allreduce
from deepgalaxy.training.ranks.communicator import SingleRank
from deepgalaxy.training.record import EpochRecord, RankTimes, write_records

TRUTH = ScalingModel(32, 4_000_000, np.log(0.05), 0.2, Exchange(20e-6, 1 / 2e9, 100e-6))


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(scaling_model, "RESAMPLES", 200)


def measurements(seed, truth=TRUTH, workers=(2, 4, 8), slower=1.0):
    """What three runs of each number of workers of a true model would measure, and their times scattering by 10 %."""
    rng = np.random.default_rng(seed)
    sizes = np.array(SIZES, float)
    sweeps = {
        count: np.array([sum(truth.exchange.terms(size, count).values()) for size in sizes])[None, :, None]
        * rng.lognormal(0, 0.1, (3, len(sizes), 10))
        for count in workers
    }
    steps = [rng.lognormal(truth.log_mean, truth.log_deviation, 120) for _ in range(3)]
    speed = {}
    for count in (1, *workers):
        computing = rng.lognormal(truth.log_mean, truth.log_deviation, (360, count)).max(axis=1)
        exchange = sum(truth.exchange.terms(truth.gradient_bytes, count).values())
        speed[count] = count * truth.images / (computing.mean() + exchange) / slower
    return Measurements(steps, truth.images, truth.gradient_bytes, sizes, sweeps, speed)


def test_the_terms_of_an_exchange_by_hand():
    exchange = Exchange(latency_seconds=1e-3, seconds_per_byte=1e-9, overhead_seconds=5e-3)
    assert exchange.terms(1e6, 4) == {
        "overhead": 5e-3,
        "latency": pytest.approx(6e-3),
        "bandwidth": pytest.approx(1.5e-3),
    }
    assert exchange.terms(1e6, 1) == {"overhead": 0, "latency": 0, "bandwidth": 0}


@pytest.mark.parametrize("deviation", [0.0, 0.05, 0.5, 1.5])
def test_the_expected_slowest_of_few_workers_has_a_formula(deviation):
    mean = 0.1 * np.exp(deviation**2 / 2)
    assert expected_maximum(np.log(0.1), deviation, 1) == pytest.approx(mean, rel=1e-9)
    assert expected_maximum(np.log(0.1), deviation, 2) == pytest.approx(2 * mean * norm.cdf(deviation / np.sqrt(2)))


def test_the_expected_slowest_of_many_workers_is_that_of_drawing_them():
    drawn = np.random.default_rng(1).lognormal(np.log(0.1), 0.3, (4000, 512)).max(axis=1)
    assert expected_maximum(np.log(0.1), 0.3, 512) == pytest.approx(drawn.mean(), abs=4 * drawn.std() / np.sqrt(4000))


def test_throughput_by_hand():
    model = ScalingModel(10, 1_000_000, np.log(0.1), 0.0, Exchange(1e-3, 1e-8))
    assert model.images_per_second(1) == pytest.approx(100)
    # 0.1 s of computing, 6 messages of 1 ms, and one and a half times the gradients at 100 MB/s.
    assert model.images_per_second(4) == pytest.approx(40 / (0.1 + 0.006 + 0.015))


def test_an_exchange_without_scatter_is_found_exactly():
    sizes = np.array(SIZES, float)
    for truth, workers in (
        (Exchange(2e-5, 1e-9, 3e-4), (2, 4)),
        (Exchange(2e-5, 1e-9), (4,)),
        (Exchange(0, 1e-9), (2,)),
    ):
        times = {
            count: np.array([sum(truth.terms(size, count).values()) for size in sizes])[None, :, None]
            for count in workers
        }
        found = fit_exchange(sizes, times)
        assert vars(found) == pytest.approx(vars(truth), rel=1e-6, abs=1e-15)


def test_of_one_number_of_workers_the_overhead_is_part_of_the_latency():
    truth = Exchange(2e-5, 1e-9, 3e-4)
    sizes = np.array(SIZES, float)
    times = np.array([sum(truth.terms(size, 4).values()) for size in sizes])[None, :, None]
    found = fit_exchange(sizes, {4: times})
    assert found.overhead_seconds == 0
    assert 6 * found.latency_seconds == pytest.approx(6 * truth.latency_seconds + truth.overhead_seconds)


def test_what_is_known_is_recovered_within_the_stated_bands():
    inside = dict.fromkeys(TRUTH.parameters(), 0)
    for seed in range(20):
        parameters = predict_scaling(measurements(seed), seed)[1]["parameters"]
        for name, true in TRUTH.parameters().items():
            assert parameters[name]["value"] == pytest.approx(true, rel=0.2)
            inside[name] += parameters[name]["low"] <= true <= parameters[name]["high"]
    # Of 20 intervals of 95 %, less than 16 hold the truth once in 390 times.
    assert min(inside.values()) >= 16, inside


def test_predictions_have_their_measurements_beside_them():
    measured = measurements(1)
    table, about = predict_scaling(measured, seed=1)
    assert list(table["workers"]) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    given = table.set_index("workers")["measured_images_per_second"].dropna().to_dict()
    assert given == measured.images_per_second
    assert (table["images_per_second_low"] <= table["images_per_second"]).all()
    assert (table["images_per_second"] <= table["images_per_second_high"]).all()
    terms = table[[f"{term}_seconds" for term in ("compute", *scaling_model.TERMS)]].sum(axis=1)
    np.testing.assert_allclose(table["images_per_second"], table["workers"] * 32 / terms)
    np.testing.assert_allclose(table["efficiency"], table["images_per_second"] / table["workers"] / (32 / terms[0]))
    assert about["overhead_told_from_latency"] and about["swept_workers"] == [2, 4, 8]
    assert json.loads(json.dumps(about)) == about
    again, about_again = predict_scaling(measured, seed=1)
    assert about_again == about
    pd.testing.assert_frame_equal(again, table)


def test_a_number_of_workers_that_is_no_power_of_two_is_predicted_too():
    table, _ = predict_scaling(measurements(1, workers=(3,)), seed=1)
    assert 3 in list(table["workers"])


@pytest.mark.parametrize(
    ("truth", "term"),
    [
        (ScalingModel(32, 400_000, np.log(0.05), 0.05, Exchange(200e-6, 1 / 10e9)), "latency"),
        (ScalingModel(32, 265_000_000, np.log(0.5), 0.05, Exchange(1e-6, 1 / 1e9)), "bandwidth"),
        (ScalingModel(32, 400_000, np.log(0.5), 0.4, Exchange(1e-6, 1 / 10e9)), "straggler"),
    ],
)
def test_the_limit_at_128_and_512_workers_is_named(truth, term):
    table, about = predict_scaling(measurements(2, truth, workers=(2,)), seed=2)
    assert about["limited_by"] == {"128": term, "512": term}
    assert set(table.loc[table["workers"] >= 128, "limited_by"]) == {term}
    assert pd.isna(table.loc[0, "limited_by"])


def test_the_largest_number_of_workers_is_predicted_from_the_others():
    inside = 0
    for seed in range(20):
        measured = measurements(seed)
        check = leave_out_largest(measured, seed)
        assert (check["workers"], check["fitted_to_workers"]) == (8, [2, 4])
        assert check["measured_images_per_second"] == measured.images_per_second[8]
        assert check["relative_error"] == pytest.approx(
            check["predicted_images_per_second"] / measured.images_per_second[8] - 1
        )
        assert abs(check["relative_error"]) < 0.1
        inside += check["within_band"]
    assert inside >= 16
    # Ranks that disturb each other are slower than the model's.
    check = leave_out_largest(measurements(1, slower=2), seed=1)
    assert check["within_band"] is False and check["relative_error"] == pytest.approx(1, abs=0.2)


def test_the_check_does_not_know_what_it_leaves_out():
    measured = measurements(1)
    honest = leave_out_largest(measured, seed=1)
    measured.sweeps[8][:] *= 100
    assert leave_out_largest(measured, seed=1) == honest


def test_a_check_that_cannot_be_made_says_why():
    check = leave_out_largest(measurements(1, workers=(2,)), seed=1)
    assert check["why_not"] == "only one number of workers above 1 was measured"
    assert check["measured_images_per_second"] > 0 and check["fitted_to_workers"] == []
    measured = measurements(1)
    del measured.images_per_second[8]
    other = leave_out_largest(measured, seed=1)
    assert other["why_not"] == "it has no run of weak scaling"
    for name in ("predicted_images_per_second", "low", "high", "relative_error", "within_band"):
        assert check[name] is None and other[name] is None


def epochs(workers, *steps):
    """Epochs of 16 images for each worker and step."""
    return [
        EpochRecord(n, 16 * workers * len(own), 0, 0, 0, 0, 0, [RankTimes(train=1.0)] * workers, list(own))
        for n, own in enumerate(steps, start=1)
    ]


def sweep(workers):
    rows = [(workers, size, number, 1.0 + number) for size in SIZES for number in range(3)] if workers > 1 else []
    return pd.DataFrame(rows, columns=COLUMNS)


def test_measurements_are_collected_from_the_runs_of_a_study():
    runs = [
        {"workers": 1, "kinds": ["weak", "strong"], "repeats": 2},
        {"workers": 2, "kinds": ["weak"], "repeats": 1},
        {"workers": 2, "kinds": ["strong"], "repeats": 1},
    ]
    warm_up = [[9.0, 9.0]] * 3
    records = [
        epochs(1, *warm_up, [0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]),
        epochs(2, *warm_up, [0.1, 0.1, 0.1]),
        epochs(2, *warm_up, [0.1]),
    ]
    found = collect_measurements(runs, records, [sweep(run["workers"]) for run in runs], gradient_bytes=40)
    assert [list(steps) for steps in found.steps] == [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.7, 0.8]]
    assert (found.images, found.gradient_bytes) == (16, 40)
    assert found.images_per_second == {1: 32, 2: 96}  # of the weakly scaled runs
    assert list(found.sweeps) == [2] and found.sweeps[2].shape == (2, len(SIZES), 3)
    assert found.sweeps[2][0, 0].tolist() == [1, 2, 3] and found.sizes.tolist() == list(SIZES)


def test_the_model_of_a_study_is_made_from_the_files_of_its_runs(tmp_path):
    names = {"dataset": "d", "sample": "s", "model": "m"}
    runs = [names | {"workers": workers, "kinds": ["weak"], "repeats": 1} for workers in (1, 2)]
    files = {"epochs": [], "sweeps": [], "training": []}
    for run in runs:
        for kind, paths in files.items():
            paths.append(str(tmp_path / f"{kind}_{run['workers']}"))
        records = epochs(run["workers"], *[[9.0, 9.0]] * 3, [0.1, 0.2])
        write_records(records, files["epochs"][-1])
        write_table(sweep(run["workers"]), files["sweeps"][-1])
        write_json({"gradient_bytes": 40}, files["training"][-1])
    table, about = model_study(runs, **files, seed=1)
    expected = collect_measurements(runs, [epochs(1, *[[9.0, 9.0]] * 3, [0.1, 0.2]), records], [sweep(1), sweep(2)], 40)
    same_table, same = predict_scaling(expected, seed=1)
    assert about == names | same and about["gradient_bytes"] == 40
    assert list(table.columns) == [*names, *same_table.columns]
    pd.testing.assert_frame_equal(table[same_table.columns], same_table)
    assert table[list(names)].drop_duplicates().to_dict("records") == [names]
    with pytest.raises(ValueError, match="trained by 2 rank"):
        model_study(runs, files["epochs"][::-1], files["sweeps"], files["training"], seed=1)


class TwoRanks(SingleRank):
    """Stands for two ranks, of which the other one takes twice as long."""

    size = 2

    def gather(self, item):
        return [item, [2 * seconds for seconds in item]]


def test_the_sweep_times_the_slowest_rank_after_a_warm_up(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(sweeping.time, "perf_counter", lambda: next(clock))
    fed = []
    rows = time_allreduce(TwoRanks(), lambda: fed.append(1))
    assert len(fed) == len(SIZES) * (sweeping.WARM_UP + sweeping.REPETITIONS)
    assert [row[1] for row in rows] == list(np.repeat(SIZES, sweeping.REPETITIONS))
    assert {row[0] for row in rows} == {2} and {row[3] for row in rows} == {2.0}
    assert SIZES[0] == 4 * 1024 and SIZES[-1] == 16 * 2**20
    assert time_allreduce(SingleRank()) == []


def test_a_model_needs_one_worker_and_several_and_a_spread():
    alone, two = ({"workers": workers, "kinds": ["weak"], "repeats": 1} for workers in (1, 2))
    warm_up = [[9.0]] * 3
    for runs in ([alone], [two]):
        with pytest.raises(ValueError, match="needs runs of one worker and of several"):
            collect_measurements(runs, [epochs(1, *warm_up, [0.1, 0.1])], [sweep(runs[0]["workers"])], 4)
    with pytest.raises(ValueError, match="more than one step after the warm-up"):
        records = [epochs(workers, *warm_up, [0.1]) for workers in (1, 2)]
        collect_measurements([alone, two], records, [sweep(1), sweep(2)], 4)
