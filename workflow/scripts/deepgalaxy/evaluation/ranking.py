"""The order of runs: by the loss on their validation images, in which the test images have no part."""

import pandas as pd

LOSS = "validation_cross_entropy"
"""The column of ``score_predictions`` that runs are ranked by."""
TESTED = ["dataset", "sample", "fold"]
"""The columns that say on which images a run is validated and tested; only runs that share these are ranked."""
NAMES = [*TESTED, "model", "workers", "repeat"]
"""The columns that say which run a row of a table is of."""


def rank_runs(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of runs, with the columns NAMES and those of ``score_predictions``, in the order of their
    validation.

    The samples and folds keep their order; within each, the run of the lowest LOSS comes first, and of equals the one
    that was first. After NAMES stands the rank.

    - ``validation_rank``: place of the run on its sample and fold, from 1 for the lowest loss on the validation images.
    """
    place = _joined(metrics, TESTED)
    rank = metrics.groupby(place)[LOSS].rank(method="first").astype(int)
    ranked = metrics.copy()
    ranked.insert(metrics.columns.get_loc(NAMES[-1]) + 1, "validation_rank", rank)
    order = pd.DataFrame({"place": pd.factorize(place)[0], "rank": rank}).sort_values(["place", "rank"]).index
    return ranked.loc[order].reset_index(drop=True)


def like(table: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return a table with a row for each run, told by NAMES, in the order of ``metrics``, which has a row for each."""
    return table.set_axis(names_of_runs(table)).loc[names_of_runs(metrics)].reset_index(drop=True)


def names_of_runs(table: pd.DataFrame) -> pd.Series:
    """Return the NAMES of each run of a table as one text, with slashes between them."""
    return _joined(table, NAMES)


def first_by_validation(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return of each sample or fold the rows of the model and number of workers whose mean LOSS over repeats is the
    lowest, of equals those that come first."""
    place, kinds = _joined(metrics, TESTED), _joined(metrics, ["model", "workers"])
    mean = metrics.groupby([place, kinds])[LOSS].transform("mean")
    best = mean.groupby(place).transform("idxmin")
    return metrics[kinds == kinds.loc[best].to_numpy()]


def _joined(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Return what stands in some columns as one text for each row, the same whether the table was written and read or
    not."""
    return table[columns].astype(object).fillna("").astype(str).agg("/".join, axis=1)
