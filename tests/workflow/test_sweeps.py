"""Sweeps and named experiments in the workflow: what is trained, what of it is tested, and what a change runs again."""

import re

import pandas as pd
import pytest
import yaml

from deepgalaxy.planning.sweeps import combinations
from support.dry_run import planned

SWEEP = {"learning_rate": [0.002, 1e-9]}


@pytest.fixture
def counts(run, root, tmp_path):
    """A function that returns how often each rule would run for a file, with settings laid over the tiny ones."""
    (tmp_path / "config").symlink_to(root / ".test/config")

    def counts(settings, target):
        (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
        configured = ("-d", tmp_path, "--configfile", tmp_path / "settings.yaml")
        result = run("snakemake", "-n", "-s", root / "Snakefile", *configured, "--", target)
        assert result.returncode == 0, result.stdout + result.stderr
        return dict(re.findall(r"^(\w+) +(\d+)$", result.stdout + result.stderr, re.MULTILINE))

    return counts


def test_only_what_is_chosen_of_a_sweep_is_tested(counts):
    found = counts({"models": {"reference_cnn": {"sweep": SWEEP}}}, "results/report.html")
    assert {found[name] for name in ("prepare_images", "choose_of_sweep", "take_chosen", "plot_sweep")} == {"1"}
    assert found["train_model"] == "2" and found["predict_images"] == found["evaluate_predictions"] == "1"


def test_all_are_tested_if_asked_for_in_an_experiment_that_is_kept_beside_another(counts, tmp_path):
    for file in ("settings.json", "test_images.hdf5", "tables/metrics.csv"):
        (tmp_path / "results/experiments/narrow" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "results/experiments/narrow" / file).touch()
    experiment = {"name": "wide", "beside": "narrow", "sweeps": "all"}
    settings = {"experiment": experiment, "models": {"reference_cnn": {"sweep": SWEEP}}}
    found = counts(settings, "results/experiments/wide/report.html")
    assert {found[name] for name in ("take_chosen", "keep_experiment", "compare_experiments")} == {"1"}
    assert found["train_model"] == "2" and found["predict_images"] == found["plot_training"] == "3"


def test_a_further_value_trains_that_one_and_leaves_what_is_chosen_as_it_is(chain, with_settings):
    tiny = yaml.safe_load((chain / "config/config.yaml").read_text())["models"]["reference_cnn"]
    settings = {
        "experiment": {"models": ["swept"], "workers": [1]},
        "models": {"swept": tiny | {"epochs": 1, "sweep": SWEEP}},
    }

    def make():
        result = with_settings(settings, "--", "sweeps")
        names = combinations(settings["models"], "swept")
        return names, planned(result), result.stdout + result.stderr

    table, scores = (
        chain / f"results/{file}"
        for file in (
            "tables/sweeps/tiny/four_stages/swept.csv",
            "models/tiny/four_stages/swept/workers~1/repeat~0/metrics.json",
        )
    )
    names, ran, said = make()
    assert {"train_model", "choose_of_sweep", "take_chosen", "predict_images", "evaluate_predictions"} <= ran
    first = pd.read_csv(table)
    assert set(first["model"]) == set(names) and first["chosen"].tolist() == [True, False]
    assert first["validation_loss"].is_monotonic_increasing
    made = scores.stat().st_mtime_ns

    further = [*SWEEP["learning_rate"], 0.5]  # which is far too high to be chosen
    settings["models"]["swept"]["sweep"] = {"learning_rate": further}
    names, ran, said = make()
    assert ran == {"train_model", "choose_of_sweep", "plot_sweep", "sweeps"} and said.count("rule train_model:") == 1
    assert set(pd.read_csv(table)["model"]) == set(names) and scores.stat().st_mtime_ns == made
