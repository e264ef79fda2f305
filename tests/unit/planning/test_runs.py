"""The runs that a configuration asks for, and the names of their paths."""

import re

import pytest

from deepgalaxy.planning.earlier_runs import earlier_runs, unusable_weights, weights_file
from deepgalaxy.planning.runs import (
    EXPERIMENT_RUN,
    STUDY_RUN,
    constrain,
    describe_run,
    ensemble_runs,
    experiment_runs,
    joined_runs,
    run_named,
    study_runs,
    takes_isolated,
)

PLACE = r"{\w+,((?:[^{}]|{\d+})*)}"
"""A wildcard with what may stand in its place."""
SAMPLE = {"selection": {"groups": ["s_*"]}, "classes": {"task": "time_bins"}, "split": {"validation": 0.2, "test": 0.2}}
CONFIG = {
    "seed": 1,
    "experiment": {"datasets": ["d"], "samples": ["s"], "models": ["m"], "workers": [1, 2], "repeats": 2},
    "scaling": {"workers": [1, 2, 4], "kinds": ["weak", "strong"], "repeats": 2},
    **{"datasets": {"d": {}}, "samples": {"s": SAMPLE}, "models": {"m": {"batch_size": 8}}},
    "machine": {"ranks_per_node": 0, "cpus_per_rank": 0, "launcher": ""},
}


def test_the_experiment_runs_every_combination_once():
    assert [EXPERIMENT_RUN.format(**run) for run in experiment_runs(CONFIG)] == [
        "d/s/m/workers~1/repeat~0",
        "d/s/m/workers~1/repeat~1",
        "d/s/m/workers~2/repeat~0",
        "d/s/m/workers~2/repeat~1",
    ]
    listed = {"datasets": ["a", "b"], "samples": ["c"], "models": ["d", "e"], "workers": [1], "repeats": 3}
    assert len(experiment_runs({"experiment": listed, "samples": {"c": SAMPLE}})) == 12


FOLDED = CONFIG | {
    "experiment": CONFIG["experiment"] | {"samples": ["s", "f"], "workers": [2], "repeats": 1},
    "samples": {"s": SAMPLE, "f": SAMPLE | {"split": {"validation": 0.2, "folds": 3}}},
}


def test_each_fold_is_a_run_and_all_together_one_more():
    names = [EXPERIMENT_RUN.format(**run) for run in experiment_runs(FOLDED)]
    assert names == ["d/s/m/workers~2/repeat~0", *(f"d/f/fold~{n}/m/workers~2/repeat~0" for n in (1, 2, 3))]
    (joined,) = joined_runs(FOLDED)
    assert EXPERIMENT_RUN.format(**joined) == "d/f/fold~all/m/workers~2/repeat~0" and joined_runs(CONFIG) == []
    described = [describe_run(run) for run in (*experiment_runs(FOLDED), joined)]
    assert [(run["sample"], run["fold"]) for run in described] == [
        ("s", None),
        ("f", "1"),
        ("f", "2"),
        ("f", "3"),
        ("f", "all"),
    ]
    assert list(described[0]) == ["dataset", "sample", "fold", "model", "workers", "repeat"]
    pattern = re.sub(PLACE, r"\1", constrain(EXPERIMENT_RUN))
    assert all(re.fullmatch(pattern, name) for name in (*names, EXPERIMENT_RUN.format(**joined)))
    assert {run["sample"] for run in study_runs(FOLDED)} == {"s", "f/fold~1"}


def test_repeats_are_also_an_ensemble_but_a_single_training_is_none():
    experiment = FOLDED["experiment"] | {"workers": [1, 2], "repeats": 3}
    named = [EXPERIMENT_RUN.format(**run) for run in ensemble_runs(FOLDED | {"experiment": experiment})]
    assert len(named) == len(set(named)) == (1 + 3 + 1) * 2  # of each sample, fold, and all folds, on 1 and 2 workers
    assert all(name.endswith("repeat~ensemble") for name in named)
    assert "d/f/fold~all/m/workers~1/repeat~ensemble" in named
    assert ensemble_runs(FOLDED) == []
    pattern = re.sub(PLACE, r"\1", constrain(EXPERIMENT_RUN, ensembles=True))
    assert all(re.fullmatch(pattern, name) for name in (*named, "d/s/m/workers~1/repeat~3"))
    assert not any(map(run_named, named))  # weights to begin with are those of a single training


@pytest.mark.parametrize(
    ("globs", "taken"),
    [(["s_*"], False), (["s_*", "isolated_*"], True), (["isolated_07"], True), (["*"], True), (["isolated"], False)],
)
def test_isolated_galaxies_are_taken_by_globs(globs, taken):
    assert takes_isolated({"selection": {"groups": globs}}) == taken
    assert not takes_isolated({"selection": {"groups": globs, "exclude": ["isolated_*"]}})


def test_names_of_runs_differ_and_are_told_apart_by_their_patterns():
    names = [STUDY_RUN.format(**run) for run in study_runs(CONFIG)]
    assert len(set(names)) == len(names) and "d/s/m/workers~4/batch~2" in names
    assert constrain(EXPERIMENT_RUN) == (
        r"{dataset,\w+}/{sample,\w+(?:/fold~(?:\d+|all))?}/{model,\w+(?:/sweep~[0-9a-f]{8})?}"
        r"/workers~{workers,\d+}/repeat~{repeat,\d+}"
    )
    pattern = re.sub(PLACE, r"\1", constrain(STUDY_RUN))
    assert all(re.fullmatch(pattern, name) for name in names)
    assert not any(re.fullmatch(pattern, EXPERIMENT_RUN.format(**run)) for run in experiment_runs(CONFIG))


def test_weak_scaling_keeps_the_workers_batch_and_strong_scaling_the_global_one():
    runs = study_runs(CONFIG)
    assert {(run["workers"], run["batch"]): run["kinds"] for run in runs} == {
        (1, 8): ["weak", "strong"],
        (2, 8): ["weak"],
        (4, 8): ["weak"],
        (2, 4): ["strong"],
        (4, 2): ["strong"],
    }
    assert len(runs) == 5 and {run["repeats"] for run in runs} == {2}
    assert study_runs(CONFIG | {"scaling": CONFIG["scaling"] | {"workers": []}}) == []


@pytest.mark.parametrize("run", [*experiment_runs(CONFIG), {**experiment_runs(CONFIG)[0], "sample": "s/fold~3"}])
def test_a_run_is_known_by_its_name(run):
    assert run_named(EXPERIMENT_RUN.format(**run)) == {name: str(value) for name, value in run.items()}
    assert run_named("d/s/m/workers~x/repeat~0") is None


def of_run(sample, model):
    return f"results/models/d/{sample}/{model}/workers~2/repeat~0/model.keras"


MODELS = {
    "first": {},
    "pretrained": {"weights": "imagenet"},
    "second": {"weights": "./" + of_run("wide", "first")},
    "third": {"weights": of_run("s/fold~1", "second")},
    "given": {"weights": "given/model.keras"},
    "after_given": {"weights": of_run("s", "given")},
    "own": {"weights": of_run("s", "own")},
    "there": {"weights": of_run("s", "back")},
    "back": {"weights": of_run("s", "there")},
    "unknown": {"weights": of_run("s", "nobody")},
}


@pytest.mark.parametrize(
    ("model", "samples", "given"),
    [
        ("first", [], None),
        ("pretrained", [], None),
        ("second", ["wide"], None),
        ("third", ["s/fold~1", "wide"], None),
        ("given", [], "given/model.keras"),
        ("after_given", ["s"], "given/model.keras"),
    ],
)
def test_weights_are_followed_back_to_their_first_run(model, samples, given):
    runs, from_elsewhere = earlier_runs(MODELS, model, "results/models")
    assert [run["sample"] for run in runs] == samples and from_elsewhere == given


def test_weights_that_no_run_can_begin_with_are_refused():
    for model in ("own", "there"):
        with pytest.raises(ValueError, match=f"`models: .*{model}.* go round in a circle"):
            earlier_runs(MODELS, model, "results/models")
    with pytest.raises(ValueError, match=r"`models: unknown: weights: .* 'nobody', but `models` describes only first"):
        earlier_runs(MODELS, "unknown", "results/models")
    assert weights_file(MODELS, "second", "results/models") == of_run("wide", "first")


def test_weights_by_another_path_are_those_of_the_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scratch").mkdir()
    (tmp_path / "results").symlink_to("scratch")
    relative = of_run("wide", "first")
    (tmp_path / "link").symlink_to(relative)
    for path in (tmp_path / relative, tmp_path / relative.replace("results", "scratch", 1), "link"):
        models = {"first": {}, "second": {"weights": str(path)}}
        assert weights_file(models, "second", "results/models") == relative
        assert earlier_runs(models, "second", "results/models") == earlier_runs(MODELS, "second", "results/models")


def test_weights_that_are_not_there_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"experiment": {"models": ["m"]}, "datasets": {}, "samples": {}, "models": {"first": {}}}
    for weights in ("none.keras", "", "."):
        config["models"]["m"] = {"weights": weights}
        (sentence,) = unusable_weights(config, "results/models")
        assert "is not a file" in sentence
    config["models"]["m"] = {"weights": of_run("wide", "first")}
    assert "does not describe" in next(unusable_weights(config, "results/models"))
