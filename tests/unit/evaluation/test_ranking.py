"""Runs in the order of their validation."""

import pandas as pd
import pytest

from deepgalaxy.evaluation.ranking import LOSS, NAMES, first_by_validation, like, rank_runs


def scored(*runs, dataset="d"):
    """A table of runs, each given as sample, fold, model, repeat and validation loss; better ones do worse in tests."""
    rows = [
        dict(zip(NAMES, (dataset, sample, fold, model, 2, repeat))) | {"accuracy": loss, LOSS: loss}
        for sample, fold, model, repeat, loss in runs
    ]
    return pd.DataFrame(rows)


RUNS = scored(
    *(("s", None, "one", 0, 0.9), ("s", None, "one", 1, 0.5), ("s", None, "two", 0, 0.6), ("s", None, "two", 1, 0.6)),
    *(("f", "1", "one", 0, 0.3), ("f", "all", "one", 0, 0.2), ("s", None, "two", "ensemble", 0.5)),
)


def test_runs_are_ranked_on_what_they_share_by_the_loss_of_their_validation():
    ranked = rank_runs(RUNS)
    assert ranked.columns.tolist() == [*NAMES, "validation_rank", "accuracy", LOSS]
    rows = ranked[["sample", "fold", "model", "repeat", "validation_rank"]].astype(object).fillna("")
    assert rows.to_numpy().tolist() == [
        ["s", "", "one", 1, 1],  # of equals the one that was first
        ["s", "", "two", "ensemble", 2],
        ["s", "", "two", 0, 3],
        ["s", "", "two", 1, 4],
        ["s", "", "one", 0, 5],
        ["f", "1", "one", 0, 1],
        ["f", "all", "one", 0, 1],
    ]
    assert rank_runs(scored(("s", None, "m", 0, 0.1)))["validation_rank"].tolist() == [1]


def test_another_table_of_the_same_runs_follows(tmp_path):
    rank_runs(RUNS).to_csv(tmp_path / "metrics.csv", index=False)
    metrics = pd.read_csv(tmp_path / "metrics.csv")
    followed = like(RUNS.assign(verdict=range(len(RUNS))), metrics)
    assert followed["verdict"].tolist() == [1, 6, 2, 3, 0, 4, 5] and followed[LOSS].equals(metrics[LOSS])
    with pytest.raises(KeyError):
        like(RUNS[:2], metrics)


def test_the_first_model_of_each_sample_is_that_of_the_lowest_mean_over_repeats():
    first = first_by_validation(RUNS[RUNS["repeat"] != "ensemble"])
    assert first[["sample", "model", "repeat"]].to_numpy().tolist() == [
        ["s", "two", 0],
        ["s", "two", 1],
        ["f", "one", 0],
        ["f", "one", 0],
    ]
