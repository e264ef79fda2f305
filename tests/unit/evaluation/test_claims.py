"""The verdicts on the paper's claims follow from the results."""

import pandas as pd
import pytest

from deepgalaxy.evaluation.claims import (
    AT_SMALL_SCALE,
    NEEDS_DATASET,
    NEEDS_MACHINE,
    NOT_BORNE_OUT,
    NOT_REPRODUCIBLE,
    REPRODUCED,
    Results,
    judge_claims,
)
from deepgalaxy.scaling.throughput import scaling_table

SCORES = {
    "dataset": "simulated",
    "test_simulations_trained_on": 0,
    "accuracy": 0.8,
    "accuracy_low": 0.7,
    "chance": 0.1,
    "majority_accuracy": 0.12,
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
        "published": set(),
        "catalogues": {"simulated": CATALOGUE},
        "scaling": scaling(2, 0.95),
        "model": predicted(128, 512),
        "simulation_seconds": [100.0, 120.0],
        "inference_seconds": [0.002],
    }
    table = judge_claims(Results(**results | changes))
    assert len(table) == 8 and not table.isna().any(axis=None)
    found = table.set_index("claim")
    return lambda words: found.loc[next(claim for claim in found.index if words in claim), ["verdict", "evidence"]]


def test_a_small_experiment():
    verdict, evidence = verdicts()("The stage of a merger")
    assert verdict == AT_SMALL_SCALE
    assert "1 of 1 runs beat" in evidence and "mean accuracy 0.80 (chance 0.10)" in evidence
    assert verdicts()("The dataset has")["verdict"] == NEEDS_DATASET
    verdict, evidence = verdicts()("with 512 workers")
    assert verdict == NEEDS_MACHINE
    assert evidence == "0.95 with 2, the most measured here; the model predicts 0.90 (0.80 to 0.95) for cnn."
    verdict, evidence = verdicts()("100,000 times")
    assert verdict == AT_SMALL_SCALE and "55,000 times" in evidence
    for claim in ("latent space", "Four workers", "988 of 994"):
        assert verdicts()(claim)["verdict"] == NOT_REPRODUCIBLE


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy_low": 0.11},
        {"median_error_high_myr": 95.0},
        {"accuracy_low": float("nan")},
        {"test_simulations_trained_on": 1},
    ],
    ids=str,
)
def test_what_does_not_beat_the_baselines_is_not_borne_out(change):
    assert verdicts(metrics=pd.DataFrame([SCORES | change]))("The stage")["verdict"] == NOT_BORNE_OUT


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
