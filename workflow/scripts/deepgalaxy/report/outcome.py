"""What came out, in three lines for the end of a run: ``python -m deepgalaxy.report.outcome results config.yaml``."""

import csv
import sys
from pathlib import Path

import yaml

from deepgalaxy.experiments import experiment_directory
from deepgalaxy.folds import ALL_FOLDS, ENSEMBLE


def describe_outcome(results: str | Path) -> list[str]:
    """Return three lines: the accuracy; the median error, beside that of the strongest baseline; where the report is.

    They are read from the tables of a directory of results. Of several runs it is the first in the tables that is no
    fold, or all folds together: of the first sample, that of the lowest loss on validation images; and the first line
    names it. Raises ValueError if
    there is no report, or no such run in the tables.
    """
    report = Path(results, "report.html")
    if not report.exists():
        raise ValueError(f"There is no {report} yet; `make run` writes it.")
    metrics, skill = (_read_runs(Path(results, "tables", f"{name}.csv")) for name in ("metrics", "skill"))
    if not metrics or not skill:
        raise ValueError(f"The tables in {results}/tables say nothing of any run.")
    run, compared = metrics[0], skill[0]
    what = f"the ensemble of {run['model']}" if run["repeat"] == ENSEMBLE else run["model"]
    name = f"{what} on {run['dataset']}/{run['sample']}, by validation the first of {len(metrics)} runs"
    seen = run["test_simulations_trained_on"]
    baseline = ", ".join(filter(None, (compared["baseline"].replace("_", " "), compared["setting"])))
    return [
        f"Accuracy: {_with_limits(run, 'accuracy{}', '%', 100)} of {int(run['test_images']):,} test images"
        f" in the right one of {run['classes']} classes{f' ({name})' if len(metrics) > 1 else ''}"
        + ("" if seen and not float(seen) else "; it may have seen their simulations before"),
        f"Median error: {_with_limits(run, 'median_error{}_myr', 'Myr')} of the time since the {run['counts_from']};"
        f" strongest baseline ({baseline}): {float(compared['strongest_median_error_myr']):.3g} Myr",
        f"Report: {report}",
    ]


def results_of(results: str, configuration: str | Path) -> str:
    """Return the directory below ``results`` that has the tables and the report of the experiment in a configuration
    file, by its name if it has one."""
    config = yaml.safe_load(Path(configuration).read_text(encoding="utf-8"))
    return experiment_directory(results, config["experiment"].get("name", ""))


def _read_runs(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that are about a run, but not about a single fold."""
    with open(path, encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["fold"] in ("", ALL_FOLDS)]


def _with_limits(run: dict[str, str], column: str, unit: str, factor: float = 1.0) -> str:
    """Return a value in three digits and its unit, with the limits of its 95 % interval if it has any."""
    value, low, high = (run[column.format(part)] for part in ("", "_low", "_high"))
    limits = f" (95 % interval {factor * float(low):.3g} to {factor * float(high):.3g})" if low else ""
    return f"{factor * float(value):.3g} {unit}{limits}"


if __name__ == "__main__":
    try:
        print("\n".join(describe_outcome(results_of(*sys.argv[1:]))))
    except ValueError as error:
        sys.exit(str(error))
