"""The three lines at the end of a run."""

import pandas as pd
import pytest

from deepgalaxy.report.outcome import describe_outcome, results_of

RUN = {"dataset": "simulated", "sample": "stages", "fold": None, "model": "cnn", "workers": 2, "repeat": 0}
METRICS = RUN | {
    "test_images": 2261,
    "test_simulations_trained_on": 0,
    "counts_from": "first pericentre",
    "classes": 12,
    "accuracy": 0.60681,
    "accuracy_low": 0.5589,
    "accuracy_high": 0.6712,
    "median_error_myr": 18.352,
    "median_error_low_myr": 16.678,
    "median_error_high_myr": 19.464,
}
SKILL = RUN | {"baseline": "nearest_neighbours", "setting": "k=10", "strongest_median_error_myr": 38.662}


@pytest.fixture
def results(tmp_path):
    """A function that writes tables of some runs and a report, and returns their directory."""

    def results(metrics, skill):
        (tmp_path / "tables").mkdir()
        pd.DataFrame(metrics).to_csv(tmp_path / "tables/metrics.csv", index=False)
        pd.DataFrame(skill).to_csv(tmp_path / "tables/skill.csv", index=False)
        (tmp_path / "report.html").touch()
        return tmp_path

    return results


def test_accuracy_error_and_baseline_are_those_of_the_tables(results):
    directory = results([METRICS], [SKILL])
    assert describe_outcome(directory) == [
        "Accuracy: 60.7 % (95 % interval 55.9 to 67.1) of 2,261 test images in the right one of 12 classes",
        "Median error: 18.4 Myr (95 % interval 16.7 to 19.5) of the time since the first pericentre;"
        " strongest baseline (nearest neighbours, k=10): 38.7 Myr",
        f"Report: {directory}/report.html",
    ]


def test_without_an_interval_or_a_setting_there_is_none(results):
    none = dict.fromkeys(["accuracy_low", "accuracy_high", "median_error_low_myr", "median_error_high_myr"])
    accuracy, error, _ = describe_outcome(results([METRICS | none], [SKILL | {"setting": None}]))
    assert accuracy == "Accuracy: 60.7 % of 2,261 test images in the right one of 12 classes"
    assert error.startswith("Median error: 18.4 Myr of the time since")
    assert "(nearest neighbours): 38.7 Myr" in error


def test_of_several_runs_the_first_that_is_no_fold_is_named(results):
    folds = [{"fold": fold} for fold in ("1", "2", "all")]
    metrics = [METRICS | fold | {"accuracy": 0.1 * number} for number, fold in enumerate(folds, start=1)]
    directory = results([*metrics, METRICS | {"sample": "other"}], [SKILL | fold for fold in folds])
    line = describe_outcome(directory)[0]
    assert line.startswith("Accuracy: 30 % (")
    assert line.endswith("classes (cnn on simulated/stages, by validation the first of 2 runs)")


@pytest.mark.parametrize("seen", [2, None])
def test_a_split_that_leaks_is_said_and_one_of_which_nothing_is_known(results, seen):
    line = describe_outcome(results([METRICS | {"test_simulations_trained_on": seen}], [SKILL]))[0]
    assert line.endswith("; it may have seen their simulations before")


def test_before_there_is_a_report_a_sentence_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"There is no .*report.html yet; `make run` writes it."):
        describe_outcome(tmp_path)


def test_an_experiment_with_a_name_has_a_directory_of_its_own(tmp_path):
    for name, directory in (("", "results"), ("name: wide, ", "results/experiments/wide")):
        (tmp_path / "config.yaml").write_text(f"experiment: {{{name}repeats: 1}}")
        assert results_of("results", tmp_path / "config.yaml") == directory
