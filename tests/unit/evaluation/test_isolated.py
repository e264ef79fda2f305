"""Isolated galaxies that are called mergers, and the reverse."""

import numpy as np
import pandas as pd

from deepgalaxy.evaluation.isolated import tabulate_isolated
from deepgalaxy.evaluation.predictions import Predictions

SPLIT = pd.DataFrame(
    {
        "group": ["s_1_m_1"] * 3 + ["s_1_m_2"] * 2 + ["isolated_01"] * 2 + ["isolated_02"] * 2,
        "isolated": [False] * 5 + [True] * 4,
        "label": [0, 1, 1, 0, 1, 2, 2, 2, 2],
    }
)
# The mergers are called 0, 1, 2 and 1, 0; the isolated galaxies 2, 0 and 2, 2.
PREDICTIONS = Predictions(np.eye(3)[[0, 1, 2, 1, 0, 2, 0, 2, 2]], SPLIT["label"].to_numpy(), np.zeros(9), np.arange(9))


def test_both_kinds_of_mistakes_are_counted():
    table = tabulate_isolated(PREDICTIONS, SPLIT, seed=1).set_index("true")
    isolated, merger = table.loc["isolated galaxy"], table.loc["merger"]
    assert isolated[["called", "images", "simulations", "called_so", "share"]].tolist() == ["merger", 4, 2, 1, 0.25]
    # A wrong time is no mistake here.
    assert merger[["called", "images", "simulations", "called_so", "share"]].tolist() == [
        "isolated galaxy",
        5,
        2,
        1,
        0.2,
    ]
    # Either simulation alone may be drawn.
    assert (isolated["share_low"], isolated["share_high"]) == (0, 0.5)
    assert (merger["share_low"], merger["share_high"]) == (0, 1 / 3)


def test_galaxies_that_are_all_called_alike_give_no_interval():
    right = Predictions(np.eye(3)[SPLIT["label"]], SPLIT["label"].to_numpy(), np.zeros(9), np.arange(9))
    table = tabulate_isolated(right, SPLIT, seed=1)
    assert table["share"].tolist() == [0, 0] and table[["share_low", "share_high"]].isna().all(axis=None)


def test_a_kind_that_is_not_tested_has_no_share():
    table = tabulate_isolated(PREDICTIONS.where(np.arange(9) < 3), SPLIT, seed=1).set_index("true")
    assert table.loc["isolated galaxy", "images"] == 0 and pd.isna(table.loc["isolated galaxy", "share"])
    assert table.loc["merger", "share"] == 1 / 3 and pd.isna(table.loc["merger", "share_low"])
