"""Names of samples that are split into folds, and of several trainings as one, in paths and in tables.

A fold of a sample is a sample itself, named after it: ``stages/fold~1`` is the first of ``stages``. What was predicted
of the test images of all folds together belongs to ``stages/fold~all``.
"""

ALL_FOLDS = "all"
"""Takes the place of the number of a fold where all of them are meant together."""

ENSEMBLE = "ensemble"
"""Takes the place of the number of a repeat where the mean of what all repeats predict is meant."""

SAMPLE_PATTERN = rf"\w+(?:/fold~(?:\d+|{ALL_FOLDS}))?"
"""A regular expression for the name of a sample or of a fold of one."""


def fold_name(sample: str, fold: int | str) -> str:
    """Return the name of a fold of a sample by its number, from 1, or by ALL_FOLDS.

    >>> fold_name("stages", 2)
    'stages/fold~2'
    """
    return f"{sample}/fold~{fold}"


def parse_fold(name: str) -> tuple[str, str | None]:
    """Return the sample that a name belongs to, and its fold: the number as text, ALL_FOLDS, or None if it is no fold.

    >>> parse_fold("stages/fold~2"), parse_fold("stages")
    (('stages', '2'), ('stages', None))
    """
    sample, separator, fold = name.partition("/fold~")
    return sample, fold if separator else None
