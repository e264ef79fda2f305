"""The verdicts on the paper's claims follow from the results."""

import h5py
import pandas as pd
import pytest

from deepgalaxy.evaluation.claims import Results, judge_claims
from deepgalaxy.evaluation.encoder_claims import EncoderTables
from deepgalaxy.evaluation.evidence import read_results
from deepgalaxy.evaluation.verdicts import (
    AT_SMALL_SCALE,
    NEEDS_DATASET,
    NEEDS_MACHINE,
    NOT_BORNE_OUT,
    NOT_REPRODUCIBLE,
    NOT_TRIED,
    REPRODUCED,
    UNDECIDED,
)
from deepgalaxy.files import write_json, write_table
from deepgalaxy.scaling.throughput import scaling_table

RUN = {"dataset": "simulated", "sample": "ten", "fold": None, "model": "cnn", "workers": 1, "repeat": 0}
SCORES = RUN | {
    "test_simulations_trained_on": 0,
    "validation_cross_entropy": 0.6,
    "accuracy": 0.8,
    "accuracy_low": 0.7,
    "chance": 0.1,
    "majority_accuracy": 0.12,
    "counts_from": "first pericentre",
    "median_error_myr": 8.0,
    "median_error_high_myr": 12.0,
    "baseline_median_error_myr": 90.0,
}
CATALOGUE = pd.DataFrame({"group": ["s_1_m_1"], "camera": [0], "snapshots": [71]})
WHOLE = pd.DataFrame(
    [{"group": f"s_{n}_m_1", "camera": camera, "snapshots": 71} for n in range(36) for camera in range(14)]
)


def scaling(workers, efficiency):
    ours = {"model": "cnn", "source": "measured here", "workers": [1, workers]}
    weak = pd.DataFrame(ours | {"kind": "weak", "efficiency": [1.0, efficiency]})
    strong = pd.DataFrame(ours | {"kind": "strong", "efficiency": [1.0, 0.2]})
    return pd.concat([weak, strong, weak.assign(source="an old log", workers=128, efficiency=0.1)])


def predicted(*workers):
    rows = [
        {"model": "cnn", "workers": n, "efficiency": 0.9, "efficiency_low": 0.8, "efficiency_high": 0.95}
        for n in workers
    ]
    return pd.DataFrame(rows, columns=["model", "workers", "efficiency", "efficiency_low", "efficiency_high"])


def verdicts(**changes):
    """The verdicts and the evidence by the first words of the claim, of a small simulated experiment with changes."""
    results = {
        "metrics": pd.DataFrame([SCORES]),
        "skill": pd.DataFrame([RUN | {"median_error_gain_low_myr": 3.0}]),
        "published": set(),
        "catalogues": {"simulated": CATALOGUE},
        "scaling": scaling(2, 0.95),
        "model": predicted(128, 512),
        "simulation_seconds": [100.0, 120.0],
        "inference_seconds": [0.002],
        "encoders": EncoderTables(*[pd.DataFrame()] * 2, {}),
    }
    table = judge_claims(Results(**results | changes))
    assert len(table) == 12 and not table.isna().any(axis=None)
    found = table.set_index("claim")
    return lambda words: found.loc[next(claim for claim in found.index if words in claim), ["verdict", "evidence"]]


def test_a_small_experiment():
    verdict, evidence = verdicts()("The stage of a merger")
    assert verdict == AT_SMALL_SCALE
    assert "1 of 1 runs beat, by" in evidence and "1 of 1 runs beat the strongest baseline" in evidence
    assert "mean accuracy 0.80 (chance 0.10)" in evidence
    assert verdicts()("The dataset has")["verdict"] == NEEDS_DATASET
    verdict, evidence = verdicts()("with 512 workers")
    assert verdict == NEEDS_MACHINE
    assert evidence == "0.95 with 2, the most measured here; the model predicts 0.90 (0.80 to 0.95) for cnn."
    verdict, evidence = verdicts()("100,000 times")
    assert verdict == AT_SMALL_SCALE
    assert evidence == (
        "110 s to simulate a merger here and 2.0 ms to classify an image, both medians of wall time with the start of"
        " the program: 55,000 times as fast. Mergers of the paper have more particles and take longer to simulate;"
        " here, 10,000 times count as reproduced at small scale."
    )
    for claim in ("Four workers", "988 of 994"):
        assert verdicts()(claim)["verdict"] == NOT_REPRODUCIBLE
    for claim in ("activation maps from", "into a vector", "ordered by", "latent space of", "makes labels"):
        assert verdicts()(claim)["verdict"] == NOT_TRIED


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy_low": 0.11},
        {"median_error_high_myr": 95.0},
    ],
    ids=str,
)
def test_what_does_not_beat_the_baselines_is_not_borne_out(change):
    assert verdicts(metrics=pd.DataFrame([SCORES | change]))("The stage")["verdict"] == NOT_BORNE_OUT


def test_of_several_models_the_first_by_validation_is_judged_not_the_best_in_tests():
    other = {"model": "other", "validation_cross_entropy": 0.5}
    for accuracy_low, verdict in ((0.11, NOT_BORNE_OUT), (0.9, AT_SMALL_SCALE)):
        metrics = pd.DataFrame([SCORES, SCORES | other | {"accuracy_low": accuracy_low}])
        skill = pd.DataFrame(
            [RUN | {"median_error_gain_low_myr": 3.0}, RUN | other | {"median_error_gain_low_myr": 3.0}]
        )
        row = verdicts(metrics=metrics, skill=skill)("The stage")
        assert row["verdict"] == verdict and "of 1 runs" in row["evidence"]
        assert row["evidence"].endswith("these are the runs of the one with the lowest loss on validation images.")


@pytest.mark.parametrize("missing", ["accuracy_low", "median_error_high_myr", "median_error_gain_low_myr"])
def test_no_interval_is_no_refutation(missing):
    table = "skill" if "gain" in missing else "metrics"
    rows = {"skill": RUN | {"median_error_gain_low_myr": 3.0}, "metrics": SCORES}
    without = rows[table] | {missing: float("nan"), "repeat": 1}
    both = {name: pd.DataFrame([row, row | {"repeat": 1}]) for name, row in rows.items()}
    verdict, evidence = verdicts(**both | {table: pd.DataFrame([rows[table], without])})("The stage")
    assert verdict == UNDECIDED and "1 of them lack an interval" in evidence
    # Nor does it save a run that has one and does not beat the baselines.
    worse = SCORES | {"accuracy_low": 0.11}
    changed = both | {"metrics": pd.DataFrame([worse, SCORES | {"repeat": 1}])}
    changed[table] = pd.DataFrame([worse if table == "metrics" else rows[table], without])
    assert verdicts(**changed)("The stage")["verdict"] == NOT_BORNE_OUT


@pytest.mark.parametrize("seen", [1, None])
def test_runs_that_have_seen_test_simulations_or_may_have_decide_nothing(seen):
    verdict, evidence = verdicts(metrics=pd.DataFrame([SCORES | {"test_simulations_trained_on": seen}]))("The stage")
    assert verdict == UNDECIDED and "split by simulation, and begin without such weights, to find out" in evidence


def test_all_folds_together_count_and_single_ones_do_not():
    folds = [SCORES | {"fold": "1", "accuracy_low": 0.0}, SCORES | {"fold": "2"}, SCORES | {"fold": "all"}]
    gains = [
        RUN | {"fold": fold, "median_error_gain_low_myr": 3.0 if fold == "all" else -1.0} for fold in ("1", "2", "all")
    ]
    row = verdicts(metrics=pd.DataFrame(folds), skill=pd.DataFrame(gains))("The stage")
    assert row["verdict"] == AT_SMALL_SCALE and "1 of 1 runs" in row["evidence"]
    assert "of times from the first pericentre. By the interval of the gain, 1 of 1 runs beat" in row["evidence"]


@pytest.mark.parametrize("low", [-0.1, 0.0])
def test_neither_is_what_does_not_beat_the_strongest_baseline(low):
    verdict, evidence = verdicts(skill=pd.DataFrame([RUN | {"median_error_gain_low_myr": low}]))("The stage")
    assert verdict == NOT_BORNE_OUT and "0 of 1 runs beat the strongest baseline" in evidence


def test_the_published_dataset_counts_before_simulated_ones():
    both = pd.DataFrame([SCORES, SCORES | {"dataset": "deepgalaxy_512", "accuracy_low": 0.11}])
    assert verdicts(metrics=both, published={"deepgalaxy_512"})("The stage")["verdict"] == NOT_BORNE_OUT
    whole = verdicts(published={"deepgalaxy_512"}, catalogues={"deepgalaxy_512": WHOLE, "simulated": CATALOGUE})
    assert whole("The dataset has").tolist() == [
        REPRODUCED,
        "deepgalaxy_512: 36 simulations, 14 cameras, 71 snapshots.",
    ]
    part = verdicts(published={"deepgalaxy_512"}, catalogues={"deepgalaxy_512": WHOLE[14:]})
    assert part("The dataset has")["verdict"] == NOT_BORNE_OUT


def test_a_measured_efficiency_decides():
    assert verdicts(scaling=scaling(128, 0.94))("with 128 workers")["verdict"] == REPRODUCED
    assert verdicts(scaling=scaling(128, 0.92))("with 128 workers")["verdict"] == NOT_BORNE_OUT
    assert verdicts(scaling=scaling(128, 0.94))("with 512 workers")["verdict"] == NEEDS_MACHINE
    for nothing in (scaling(2, float("nan")), scaling_table([])):
        found = verdicts(scaling=nothing, model=predicted())("with 128 workers")
        assert found.tolist() == [NEEDS_MACHINE, "No scaling was measured here."]


def test_a_slow_network_or_a_foreign_dataset_has_no_such_speedup():
    assert verdicts(inference_seconds=[0.02])("100,000 times")["verdict"] == NOT_BORNE_OUT
    assert verdicts(simulation_seconds=[])("100,000 times")["verdict"] == NOT_REPRODUCIBLE


@pytest.fixture
def files(tmp_path):
    """The paths of what claims are judged by, of two runs, two studies and two datasets, one of them simulated."""

    def table(name, **columns):
        write_table(pd.DataFrame(columns), tmp_path / name)
        return str(tmp_path / name)

    def benchmark(name, *seconds):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in ("s\th:m:s", *(f"{s}\t-" for s in seconds))))
        return str(tmp_path / name)

    def predictions(name, images):
        with h5py.File(tmp_path / name, "w") as file:
            file["label"] = [0] * images
        return str(tmp_path / name)

    def parameters(name, told):
        write_json({"overhead_told_from_latency": told}, tmp_path / name)
        return str(tmp_path / name)

    return {
        "metrics": table("metrics.csv", dataset=["simulated"], accuracy=[0.5]),
        "skill": table("skill.csv", dataset=["simulated"], median_error_gain_low_myr=[2.5]),
        "scaling": table("scaling.csv", workers=[1, 2]),
        "catalogues": [table("first.csv", camera=[0]), table("second.csv", camera=[0, 1])],
        "scaling_model": [table("one.csv", workers=[1, 128]), table("other.csv", workers=[1, 512])],
        "scaling_parameters": [parameters("one.json", False), parameters("other.json", True)],
        "simulating": [benchmark("a.tsv", 10.0, 20.0), benchmark("b.tsv", 30.0)],
        "predicting": [benchmark("p.tsv", 2.0), benchmark("q.tsv", 6.0)],
        "test": [predictions("p.hdf5", 3), predictions("q.hdf5", 1)],
        "validation": [predictions("pv.hdf5", 1), predictions("qv.hdf5", 2)],
        "encoder_reconstruction": [table("made.csv", reconstruction=["vae", "autoencoder"])],
        "encoder_latent": [table("latent.csv", space=["vector"])],
    }


ENCODER = {"dataset": "simulated", "sample": "ten", "encoder": "small", "workers": "1", "repeat": "0"}


def test_results_are_read_from_the_files_of_all_runs(files):
    results = read_results(files, ["simulated", "deepgalaxy_512"], ["deepgalaxy_512"], [ENCODER], {})
    assert results.skill["median_error_gain_low_myr"].tolist() == [2.5]
    assert results.metrics["accuracy"].tolist() == [0.5] and results.scaling["workers"].tolist() == [1, 2]
    assert {name: len(table) for name, table in results.catalogues.items()} == {"simulated": 1, "deepgalaxy_512": 2}
    assert results.published == {"deepgalaxy_512"}
    # The other model cannot tell a constant overhead from latency.
    assert results.model["workers"].tolist() == [1, 512]
    assert results.simulation_seconds == [15.0, 30.0]  # the mean of two attempts
    assert results.encoders.reconstruction["encoder"].tolist() == ["small"] * 2
    assert results.inference_seconds == [0.5, 2.0]  # 2 s for 3 + 1 images, 6 s for 1 + 2


def test_there_may_be_no_simulation_and_no_model(files):
    nothing = {name: [] for name in ("simulating", "scaling_model", "scaling_parameters")}
    results = read_results(files | nothing, ["simulated", "deepgalaxy_512"], [], [ENCODER], {})
    assert results.simulation_seconds == [] and results.model["workers"].tolist() == []


@pytest.mark.parametrize("name", ["catalogues", "validation", "predicting", "scaling_parameters", "encoder_latent"])
def test_results_that_do_not_belong_together_are_refused(files, name):
    with pytest.raises(ValueError, match=r"zip\(\) argument"):
        read_results(files | {name: files[name][1:]}, ["simulated", "deepgalaxy_512"], [], [ENCODER], {})
