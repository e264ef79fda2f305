"""Which combination of a sweep is chosen."""

import pandas as pd
import pytest

from deepgalaxy.training.record import EpochRecord, RankTimes
from deepgalaxy.training.sweep_table import kept_epoch, tabulate_sweep


def record(loss, epoch=1, properties=0.0):
    return EpochRecord(epoch, 8, 0.1, 1.0, 0.5, loss, 0.25, [RankTimes()], validation_properties_loss=properties)


def test_the_loss_is_that_of_the_epoch_whose_weights_are_kept():
    records = [record(0.9, 1), record(0.5, 2, properties=0.4), record(0.6, 3, properties=0.1), record(0.8, 4)]
    assert kept_epoch(records, "last").epoch == 4
    assert kept_epoch(records, "best").epoch == 3  # by all that is learnt, as in training


OPTIONS = {"a": "noise: 0", "b": "noise: 0.1", "c": "noise: 0.2"}


def table_of(*runs):
    """The table of runs, each given as combination, workers, repeat and loss."""
    names = ("model", "workers", "repeat")
    described = [dict(zip(names, run)) for run in runs]
    return tabulate_sweep(described, OPTIONS, [record(run[-1]) for run in runs])


def test_the_lowest_mean_over_repeats_is_chosen_for_each_number_of_workers():
    table = table_of(
        *(
            ("a", 1, 0, 0.4),
            ("a", 1, 1, 0.8),
            ("b", 1, 0, 0.5),
            ("b", 1, 1, 0.5),
            ("c", 1, 0, float("nan")),
            ("c", 1, 1, 0),
        ),
        *(("a", 2, 0, 0.3), ("b", 2, 0, 0.3)),
    )
    assert table[["workers", "model", "chosen"]].to_numpy().tolist() == [
        *([1, "b", True], [1, "a", False], [1, "c", False]),  # a run that diverged is no choice
        *([2, "a", True], [2, "b", False]),  # of equals the first
    ]
    assert table["validation_loss"].tolist()[:2] == pytest.approx([0.5, 0.6])
    assert table["validation_loss_sd"].tolist()[:2] == pytest.approx([0, 0.4 / 2**0.5])
    assert table["repeats"].tolist() == [2, 2, 2, 1, 1] and table["options"].tolist()[0] == "noise: 0.1"
    assert pd.isna(table["validation_loss"][2]) and set(table["validation_accuracy"]) == {0.25}


def test_a_sweep_without_a_loss_offers_no_choice():
    with pytest.raises(ValueError, match="none can be chosen; try lower learning rates"):
        table_of(("a", 1, 0, float("nan")), ("b", 1, 0, float("nan")))
