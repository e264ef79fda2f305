"""Figures of merit, each of several trainings, and whether they are as good as those of a reference."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from deepgalaxy.logs import logger

LOWER, HIGHER = "lower", "higher"
"""Which values of a figure are better."""

NOT_MEASURED, NOT_REACHED = "not measured", "not reached"
"""What stands for the value of a figure that has none."""

PASS, FAIL, NO_REFERENCE = "pass", "fail", "no reference"
"""What a comparison with the reference says."""

TOLERANCE = 0.1
"""Relative, of a figure for which the reference has no other."""

COLUMNS = (
    *("configuration", "dataset", "sample", "model", "figure", "value", "unit", "low", "high", "runs"),
    *("reference", "tolerance", "verdict"),
)


@dataclass(frozen=True)
class Figure:
    """One figure: its name, unit, which values are better, and the values of ``runs`` runs after the best and the worst
    are dropped, of which it is the mean; if there are none, ``missing`` says why."""

    name: str
    unit: str
    better: str
    values: tuple[float, ...]
    runs: int
    missing: str = NOT_MEASURED

    @property
    def value(self) -> float | str:
        """The mean, or what stands for it."""
        return sum(self.values) / len(self.values) if self.values else self.missing


def of_runs(name: str, unit: str, better: str, values: Sequence[float | None], missing: str = NOT_MEASURED) -> Figure:
    """Return the figure of several runs without the best and the worst, as MLPerf does; None counts as worse than all,
    and a figure of which one is left is ``missing``.

    Raises ValueError for fewer than three runs, of which nothing would be left.
    """
    kept = without_extremes(values, better)
    numbers = tuple(value for value in kept if value is not None)
    return Figure(name, unit, better, numbers if len(numbers) == len(kept) else (), len(values), missing)


def without_extremes(values: Sequence[float | None], better: str) -> list[float | None]:
    """Return values from the best to the worst without these two; None is worse than all.

    Raises ValueError for fewer than three.
    """
    if len(values) < 3:
        raise ValueError(f"Of {len(values)} run(s), nothing is left without the best and the worst; take five.")
    sign = 1 if better == LOWER else -1
    return sorted(values, key=lambda value: (value is None, sign * (value or 0)))[1:-1]


def read_reference(path: str, configuration: str) -> dict[str, tuple[float, float]]:
    """Return value and tolerance by figure that a file has for a configuration; the log says so if it has none.

    The file is a table of this benchmark, or several of them one below the other. Raises ValueError if it is none, or
    if a row of the configuration has a value that is no positive number, a tolerance outside [0, 1), or a figure that
    another row has too. Figures that were not measured are no reference.
    """
    place = f"`benchmark: reference: {path}`"
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{place} cannot be read as a table ({error}); name a figures.tsv that `snakemake benchmark` has made."
        ) from None
    if lacking := sorted({"configuration", "figure", "value", "tolerance"} - set(table.columns)):
        raise ValueError(
            f"{place} lacks the column(s) {', '.join(lacking)}; name a figures.tsv that `snakemake benchmark` has made."
        )
    own = table[table["configuration"] == configuration]
    if own.empty:
        logger.warning("%s has no figure of configuration %s: nothing is compared", place, configuration)
    known: dict[str, tuple[float, float]] = {}
    for row in own[~own["value"].isin((NOT_MEASURED, NOT_REACHED))].itertuples():
        value, tolerance = _number(row.value), _number(row.tolerance) if row.tolerance else TOLERANCE
        if row.figure in known or not 0 < value < math.inf or not 0 <= tolerance < 1:
            raise ValueError(
                f"{place} has {row.figure} with value {row.value!r} and tolerance {row.tolerance!r}: a figure has one"
                " row, its value is a positive number, and its tolerance one from 0 to below 1; mend that row."
            )
        known[row.figure] = value, tolerance
    return known


def _number(text: str) -> float:
    """Return the number that a text is, NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def verdict_on(figure: Figure, reference: float, tolerance: float) -> str:
    """Return whether a figure is as good as its reference, or worse by no more than the relative tolerance.

    One that was not measured here says nothing; a target that was not reached is a failure.
    """
    if not figure.values:
        return FAIL if figure.missing == NOT_REACHED else NO_REFERENCE
    value = sum(figure.values) / len(figure.values)
    worst = reference * (1 + tolerance if figure.better == LOWER else 1 - tolerance)
    return PASS if (value <= worst if figure.better == LOWER else value >= worst) else FAIL


def figure_table(
    figures: Sequence[Figure], names: dict[str, str], configuration: str, reference: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return the table of figures, with COLUMNS: ``value`` is a mean over runs without the best and the worst, ``low``
    and ``high`` are the ends of what was left; ``names`` are dataset, sample and model."""
    rows = []
    for figure in figures:
        known, tolerance = reference.get(figure.name, (None, TOLERANCE))
        low, high = (min(figure.values), max(figure.values)) if figure.values else (None, None)
        verdict = NO_REFERENCE if known is None else verdict_on(figure, known, tolerance)
        about = {"figure": figure.name, "value": figure.value, "unit": figure.unit, "low": low, "high": high}
        compared = {"runs": figure.runs, "reference": known, "tolerance": tolerance, "verdict": verdict}
        rows.append({"configuration": configuration} | names | about | compared)
    return pd.DataFrame(rows, columns=COLUMNS)


def figure_lines(table: pd.DataFrame) -> list[str]:
    """Return a line for each figure, ``FOM <figure> <value>``, between one that names the configuration and one with
    the verdict on all of them."""
    first = table.iloc[0]
    lines = [f"CONFIGURATION {first['configuration']} {first['dataset']}/{first['sample']}/{first['model']}"]
    lines += [f"FOM {row.figure} {_shown(row.value)}" for row in table.itertuples()]
    return [*lines, f"BENCHMARK {overall(table)}"]


def _shown(value: float | str) -> str:
    """Return a value of a table, which may be the text of a number, in six digits, or what stands for one."""
    try:
        return f"{float(value):.6g}"
    except ValueError:
        return str(value)


def overall(table: pd.DataFrame) -> str:
    """Return the verdict on all figures of a table: a failure if one fails, a pass if others do not."""
    return next((verdict for verdict in (FAIL, PASS) if (table["verdict"] == verdict).any()), NO_REFERENCE)


def refuse_failures(table: pd.DataFrame) -> None:
    """Raise ValueError with a line for each figure of a table that is worse than its reference allows."""
    failed = table[table["verdict"] == FAIL]
    if len(failed):
        raise ValueError(
            "\n".join(
                f"{row.figure} of {row.dataset}/{row.sample}/{row.model} is {_shown(row.value)} {row.unit}, and the"
                f" reference is {row.reference:g} with a tolerance of {row.tolerance:.0%}."
                for row in failed.itertuples()
            )
        )
