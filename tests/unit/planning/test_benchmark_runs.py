"""The trainings of the benchmark, and the digest of its configuration."""

import re
from copy import deepcopy

import pytest

from deepgalaxy.planning.benchmark_runs import (
    BENCHMARK_RUN,
    benchmark_runs,
    configuration_of,
    digest_of,
    impossible_benchmarks,
)
from deepgalaxy.planning.runs import constrain
from deepgalaxy.planning.sentences import fill_in_defaults

NAMES = ("simulated", "stages", "reference_cnn")


@pytest.fixture
def filled(config, schema):
    assert fill_in_defaults(config, schema) == []
    config["benchmark"]["workers"] = [4, 1, 2]
    return config


def kinds(config):
    """How many trainings of each kind there are, and whether they count for the figures."""
    found = {}
    for run in benchmark_runs(config):
        kind = run["workers"], run["scaling"], run["merit"]
        found[kind] = found.get(kind, 0) + 1
    return found


def test_each_number_of_workers_is_trained_with_and_without_scaling(filled):
    assert kinds(filled) == {
        **{(1, "none", False): 5, (2, "none", False): 5, (2, "sqrt", False): 5},
        **{(4, "none", True): 5, (4, "sqrt", False): 5},
    }
    # With several batches to an update, the rate of one worker is scaled, too.
    filled["models"]["reference_cnn"] |= {"gradient_accumulation": 2, "learning_rate_scaling": "sqrt"}
    assert kinds(filled)[1, "none", False] == kinds(filled)[4, "sqrt", True] == 5


def test_runs_have_names_of_their_own(filled):
    names = [BENCHMARK_RUN.format(**run) for run in benchmark_runs(filled)]
    pattern = re.sub(r"{\w+,((?:[^{}]|{\d+})*)}", r"\1", constrain(BENCHMARK_RUN))
    assert len(set(names)) == len(names) and all(re.fullmatch(pattern, name) for name in names)
    assert "simulated/stages/reference_cnn/workers~4/scaling~sqrt/repeat~4" in names


def test_the_digest_is_of_what_bears_on_the_figures(filled):
    digest = digest_of(configuration_of(filled, *NAMES))
    assert re.fullmatch("[0-9a-f]{12}", digest)
    same = deepcopy(filled)
    same["benchmark"]["reference"] = "figures.tsv"
    same["machine"]["checkpoint_minutes"] = 1
    same["models"]["reference_cnn"] = dict(reversed(same["models"]["reference_cnn"].items()))
    assert digest_of(configuration_of(same, *NAMES)) == digest
    for section, name in (("benchmark", "calls"), ("models", "reference_cnn")):
        other = deepcopy(filled)
        other[section][name] = {"epochs": 3}
        assert digest_of(configuration_of(other, *NAMES)) != digest


def test_the_digest_is_of_the_encoder_too(filled):
    filled["models"]["reference_cnn"]["encoder"] = "small"
    digest = digest_of(configuration_of(filled, *NAMES))
    filled["encoders"]["small"]["latent"] = 99
    assert digest_of(configuration_of(filled, *NAMES)) != digest


def test_a_scaling_that_an_optimizer_cannot_have_is_refused(filled):
    assert list(impossible_benchmarks(filled)) == []
    filled["benchmark"]["learning_rate_scaling"] = ["none", "linear"]
    (sentence,) = impossible_benchmarks(filled)
    assert "`benchmark`, of `models: reference_cnn`: `learning_rate_scaling: linear` is for SGD only" in sentence
