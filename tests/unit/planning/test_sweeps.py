"""Sweeps of options: which runs they are, how these are named, and which sweeps are refused."""

import re
from copy import deepcopy

import pytest

from deepgalaxy.planning.earlier_runs import unusable_weights
from deepgalaxy.planning.mistakes import list_mistakes
from deepgalaxy.planning.runs import EXPERIMENT_RUN, experiment_runs, run_named, sweep_runs
from deepgalaxy.planning.sweeps import all_models, chosen_model, combinations, model_place, with_combinations

MODELS = {
    "cnn": {"learning_rate": 0.002, "noise": 0, "sweep": {"learning_rate": [0.001, 0.002], "noise": [0, 0.1]}},
    "plain": {"learning_rate": 0.002},
}


def test_a_sweep_is_the_product_of_its_lists_each_combination_named_by_what_it_changes():
    names = combinations(MODELS, "cnn")
    assert list(names.values()) == [
        {"learning_rate": 0.001},
        {"learning_rate": 0.001, "noise": 0.1},
        {},
        {"noise": 0.1},
    ]
    assert len(names) == 4 and all(re.fullmatch("cnn/sweep~[0-9a-f]{8}", name) for name in names)
    assert combinations(MODELS, "plain") == {}
    described = all_models(MODELS)
    assert list(described) == ["cnn", *names, "plain"]
    assert [described[name]["noise"] for name in names] == [0, 0.1, 0, 0.1]
    assert not any("sweep" in options for options in described.values())
    assert [model_place(described, name) for name in described] == [
        "models: cnn",
        "models: cnn: sweep: learning_rate: 0.001",
        "models: cnn: sweep: learning_rate: 0.001, noise: 0.1",
        "models: cnn: sweep: no change",
        "models: cnn: sweep: noise: 0.1",
        "models: plain",
    ]


@pytest.mark.parametrize(
    "sweep",
    [
        {"noise": [0.1, 0], "learning_rate": [0.002, 0.001, 0.003]},
        {"learning_rate": [0.001, 0.002], "noise": [0, 0.1], "batch_size": [None]},  # as the model has it
    ],
)
def test_a_combination_keeps_its_name_whatever_else_is_tried(sweep):
    before = combinations(MODELS, "cnn")
    after = combinations({"cnn": MODELS["cnn"] | {"sweep": sweep}}, "cnn")
    assert before.items() <= after.items()


CONFIG = {
    "experiment": {"datasets": ["d"], "samples": ["s"], "models": ["cnn", "plain"], "workers": [1, 2], "repeats": 2},
    "samples": {"s": {"split": {"folds": 2}}},
    "models": MODELS,
}


def test_all_combinations_are_trained_and_one_is_tested_unless_all_are_asked_for():
    swept = sweep_runs(CONFIG)
    assert len(swept) == 4 * 2 * 2 * 2 and {run["model"] for run in swept} == set(combinations(MODELS, "cnn"))
    assert {run["model"] for run in experiment_runs(CONFIG)} == {"cnn", "plain"}
    everything = CONFIG | {"experiment": CONFIG["experiment"] | {"sweeps": "all"}}
    assert {run["model"] for run in experiment_runs(everything)} == {"cnn", "plain", *combinations(MODELS, "cnn")}
    for run in swept:
        assert run_named(EXPERIMENT_RUN.format(**run))["model"] == run["model"]
    assert with_combinations(CONFIG)["experiment"]["models"] == list(all_models(MODELS))


def test_the_chosen_combination_is_read_from_the_table(tmp_path):
    table = tmp_path / "cnn.csv"
    table.write_text(
        "workers,model,chosen\n1,cnn/sweep~00000000,True\n1,a,False\n2,b,False\n2,cnn/sweep~11111111,True\n"
    )
    assert chosen_model(table, "1") == "cnn/sweep~00000000" and chosen_model(table, "2") == "cnn/sweep~11111111"
    with pytest.raises(ValueError, match=r"cnn.csv has no choice for 3 worker\(s\), only for 1, 2; ask for these"):
        chosen_model(table, "3")


def test_weights_of_a_sweep_are_those_of_what_is_chosen_or_of_a_combination(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (one, *_), run = combinations(MODELS, "cnn"), "results/models/d/s/fold~1/{}/workers~{}/repeat~0/model.keras"
    for name, workers, usable in (("cnn", 2, True), (one, 8, True), ("cnn", 8, False)):
        models = MODELS | {"plain": {"weights": run.format(name, workers)}}
        said = list(unusable_weights(CONFIG | {"models": models, "datasets": {"d": {}}}, "results/models"))
        assert usable == (not said) and all(
            "which has a `sweep`, and the experiment has no such run" in s for s in said
        )


def test_weights_of_what_a_sweep_chooses_are_none_for_its_combinations(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = "results/models/d/s/fold~1/{}/workers~2/repeat~0/model.keras"
    swept = {name: {"sweep": {"weights": [run.format(other), "none"]}} for name, other in (("a", "b"), ("b", "a"))}
    for models, names in (({"a": {"sweep": {"weights": [run.format("a"), "none"]}}}, "a"), (swept, "[ab] and [ab]")):
        config = {"experiment": CONFIG["experiment"] | {"models": list(models)}, "models": models}
        said = list(unusable_weights(CONFIG | config | {"datasets": {"d": {}}}, "results/models"))
        assert re.search(f"the sweep of {names} tries are of runs that are chosen of it: they go round", said[0])


@pytest.mark.parametrize(
    ("sweep", "sentence"),
    [
        ({"learning_rate": []}, "`models: reference_cnn: sweep: learning_rate` has 0 entries and needs at least 1"),
        ({}, "`models: reference_cnn: sweep` has 0 entries and needs at least 1"),
        ({"learning_rate": 0.1}, "`models: reference_cnn: sweep: learning_rate` is 0.1, which is not a list"),
        (
            {"learing_rate": [0.1]},
            "`models: reference_cnn: sweep` has the key `learing_rate`, which is not known there; `learning_rate` was",
        ),
        ({"noise": [0, 0.1, 0]}, "`models: reference_cnn: sweep: noise` names something twice: [0, 0.1, 0]."),
        ({"noise": [0, -1]}, "`models: reference_cnn: sweep: noise: 1` is -1, which is less than 0"),
        ({"scale": [0.5]}, "`models: reference_cnn: sweep: scale: 0` is 0.5, which is not a list"),
        ({"sweep": [{}]}, "`models: reference_cnn: sweep` has the key `sweep`, which is not known there"),
        (
            {"optimizer": ["adam", "sgd"], "learning_rate_scaling": ["none", "linear"]},
            "`models: reference_cnn: sweep: learning_rate_scaling: linear`: `learning_rate_scaling: linear` is for SGD",
        ),
        (
            {"noise": [number / 100 for number in range(15)], "epochs": [2, 3, 4, 5, 6, 7, 8]},
            "`sweep` asks for 210 trainings (105 combinations of reference_cnn × 2 repeats), and `experiment:"
            " most_sweep_runs` is 200; shorten its lists, or raise that.",
        ),
        # So many that they must not be listed.
        ({name: list(range(1, 100)) for name in ("epochs", "batch_size", "warmup_epochs")}, "1,940,598 trainings"),
    ],
    ids=str,
)
def test_a_sweep_that_cannot_be_is_refused_in_one_sentence(config, schema, sweep, sentence):
    asked = deepcopy(config)
    asked["models"]["reference_cnn"]["sweep"] = sweep
    asked["experiment"]["repeats"] = 2
    (said,) = list_mistakes(asked, schema)
    assert sentence in said


def test_a_long_sweep_of_a_model_that_is_not_asked_for_is_refused_too(config, schema):
    lists = {name: list(range(1, 100)) for name in ("epochs", "batch_size", "warmup_epochs")}
    config["models"]["other"] = config["models"]["reference_cnn"] | {"sweep": lists}
    (said,) = list_mistakes(config, schema)
    assert "`models: other: sweep` has 970,299 combinations" in said


def test_a_sweep_that_can_be_is_none_to_be_mended(config, schema):
    config["models"]["reference_cnn"]["sweep"] = {"scale": [[1, 1], [0.5, 2]], "optimizer_parameters": [{}, {"x": 1}]}
    assert list_mistakes(config, schema) == []
