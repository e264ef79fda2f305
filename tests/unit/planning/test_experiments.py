"""Experiments that are kept: where, and which can be set beside this one."""

from deepgalaxy.experiments import experiment_directory
from deepgalaxy.planning.experiments import KEPT, settings_of, unkept


def test_an_experiment_without_a_name_lies_where_it_always_did():
    assert experiment_directory("results", "") == "results"
    assert experiment_directory("results", "wide") == "results/experiments/wide"


def test_only_what_is_kept_can_be_set_beside_this_one(tmp_path):
    assert list(unkept({"name": "wide"}, str(tmp_path))) == []
    (itself,) = unkept({"name": "wide", "beside": "wide"}, str(tmp_path))
    assert itself == "`experiment: beside` is wide, the `name` of this experiment itself; name another one."
    (sentence,) = unkept({"name": "", "beside": "wide"}, str(tmp_path))
    assert "there is no" in sentence and "none is kept so far. Run that experiment first, with" in sentence
    for file in KEPT:
        path = tmp_path / "experiments/narrow" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert list(unkept({"beside": "narrow"}, str(tmp_path))) == []
    (sentence,) = unkept({"beside": "wide"}, str(tmp_path))
    assert f"{tmp_path}/experiments/wide/settings.json; kept are narrow." in sentence


def test_settings_are_those_of_what_the_experiment_takes():
    config = {
        "seed": 1,
        "experiment": {"name": "wide", "beside": "narrow", "datasets": ["d"], "samples": ["s"], "models": ["m"]}
        | {"encoders": [], "workers": [2]},
        "datasets": {"d": 1, "unused": 2},
        "samples": {"s": 3},
        "models": {"m": {"encoder": "e"}, "unused": {"encoder": "f"}},
        "encoders": {"e": 4, "f": 5},
        "prediction": {"turns": 8},
        "machine": {"gpu": ""},
    }
    assert settings_of(config) == {
        "seed": 1,
        "experiment": {"datasets": ["d"], "samples": ["s"], "models": ["m"], "encoders": [], "workers": [2]},
        "datasets": {"d": 1},
        "samples": {"s": 3},
        "models": {"m": {"encoder": "e"}},
        "encoders": {"e": 4},
        "prediction": {"turns": 8},
    }
