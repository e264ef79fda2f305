"""The networks beside all baselines: the first figure of the report."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREEN, GREY, ORANGE, save_figure
from deepgalaxy.folds import ENSEMBLE, fold_name

PANELS = (
    ("median error of the time since the {} (Myr)\nless is better", "median_error_myr", "median_error_{}_myr"),
    ("accuracy\nmore is better", "accuracy", "accuracy_{}"),
)
"""Of each panel: its label, and the columns of its values and of their limits."""


def plot_skill(
    metrics: pd.DataFrame, skill: pd.DataFrame, baselines: pd.DataFrame, sample: str, output: str | Path
) -> None:
    """Draw median error and accuracy of the runs on a sample and of its baselines, with their 95 % intervals.

    ``metrics`` and ``skill`` have a row for each run, with the columns of ``score_predictions`` and ``measure_skill``;
    those on ``sample``, a dataset and a sample or fold joined by a slash, are drawn. ``baselines`` is the table of
    ``score_baselines`` for this sample; the one that the runs are compared with is marked, and so is the floor of the
    median error that the width of the classes sets. Runs keep their order in ``metrics``, which is that of their
    validation. What has no interval is drawn without one.
    """
    metrics, skill = (
        table[[_name_sample(row) == sample for row in table.to_dict("records")]] for table in (metrics, skill)
    )
    strongest = skill["baseline"].iloc[0]
    runs = metrics.assign(name=[_name_run(run) for run in metrics.to_dict("records")], colour=BLUE)
    simple = baselines.assign(
        name=[_name_baseline(row, strongest) for row in baselines.to_dict("records")],
        colour=[ORANGE if name == strongest else GREY for name in baselines["baseline"]],
    )
    rows = pd.concat([runs, simple], ignore_index=True)
    height = 1.1 + 0.32 * len(rows)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(12, height), sharey=True, layout="constrained")
    for panel, (label, column, limits) in zip(axes, PANELS):
        for place, row in enumerate(rows.to_dict("records")):
            low, high = (row[limits.format(limit)] for limit in ("low", "high"))
            if pd.notna(low):
                panel.plot([low, high], [place, place], color=row["colour"], lw=2)
            panel.plot(row[column], place, "o", color=row["colour"], ms=7)
        value = simple.loc[simple["baseline"] == strongest, column].iloc[0]
        panel.axvline(value, color=ORANGE, ls=":", lw=1, zorder=0)
        panel.axhline(len(runs) - 0.5, color=GREY, lw=0.5)
        panel.set(xlabel=label.format(metrics["counts_from"].iloc[0]), xlim=(0, None))
    axes[0].axvline(metrics["median_error_floor_myr"].iloc[0], color=GREEN, ls="--", lw=1, zorder=0)
    axes[-1].set_xlim(0, 1)
    axes[0].set_yticks(range(len(rows)), rows["name"])
    axes[0].set_ylim(len(rows) - 0.5, -0.5)
    for text, colour in zip(axes[0].get_yticklabels(), rows["colour"]):
        text.set_color("black" if colour == GREY else colour)
    save_figure(figure, output)


def _name_sample(run: dict) -> str:
    """Return the name of the sample or fold that a run is trained on, after that of the dataset."""
    sample = run["sample"] if pd.isna(run["fold"]) else fold_name(run["sample"], run["fold"])
    return f"{run['dataset']}/{sample}"


def _name_run(run: dict) -> str:
    """Return what the figure calls a run."""
    workers = f"{run['workers']} worker{'s' if run['workers'] != 1 else ''}"
    repeat = "ensemble of repeats" if run["repeat"] == ENSEMBLE else f"repeat {run['repeat']}"
    return f"{run['model'].replace('_', ' ')}, {workers}, {repeat}"


def _name_baseline(row: dict, strongest: str) -> str:
    """Return what the figure calls a baseline."""
    name = row["baseline"].replace("_", " ")
    return f"{name} (strongest)" if row["baseline"] == strongest else name
