"""The combinations of a sweep by their loss on the validation images."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, ORANGE, save_figure


def plot_sweep(table: pd.DataFrame, output: str | Path) -> None:
    """Draw a table of ``tabulate_sweep``: a panel for each number of workers, in it a row for each combination, the
    lowest loss on top, with the standard deviation over repeats as a bar; the one that is chosen is marked. What has no
    loss that is a number has a row without a point."""
    by_workers = list(table.groupby("workers"))
    most = max(len(rows) for _, rows in by_workers)
    figure, axes = plt.subplots(
        len(by_workers), 1, figsize=(8, len(by_workers) * (1.2 + 0.28 * most)), squeeze=False, layout="constrained"
    )
    for panel, (workers, rows) in zip(axes.flat, by_workers):
        for place, row in enumerate(rows.to_dict("records")):
            colour, deviation = ORANGE if row["chosen"] else BLUE, row["validation_loss_sd"]
            panel.errorbar(
                row["validation_loss"], place, xerr=None if pd.isna(deviation) else deviation, fmt="o", color=colour
            )
        panel.set_yticks(range(len(rows)), rows["options"])
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.set_title(f"{workers} worker{'s' if workers != 1 else ''}", fontsize="medium")
        panel.grid(axis="x", alpha=0.3)
    axes[-1, 0].set_xlabel("loss on the validation images (cross-entropy, nats)")
    save_figure(figure, output)
