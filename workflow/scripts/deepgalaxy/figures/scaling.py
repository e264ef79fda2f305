"""How training scales with the number of workers."""

from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import NullLocator, ScalarFormatter

from deepgalaxy.figures.style import BLUE, GREEN, GREY, ORANGE, save_figure


def plot_scaling(scaling: pd.DataFrame, output: str | Path) -> None:
    """Draw throughput, efficiency and the parts of the training time against the number of workers.

    ``scaling`` has the rows of one model on one sample of ``deepgalaxy.throughput.scaling_table``.
    """
    workers = scaling["workers"].to_numpy()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.8), layout="constrained")
    for axes, quantity in ((left, "images_per_second"), (middle, "efficiency")):
        limits = scaling[[f"{quantity}_low", f"{quantity}_high"]].sub(scaling[quantity], axis=0).abs().fillna(0)
        axes.errorbar(workers, scaling[quantity], limits.T, fmt="o", capsize=3, color=BLUE, label="measured")
        axes.set_xscale("log", base=2)
        axes.set(xlabel="workers", ylabel=quantity.replace("_", " "))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.set_xticks(workers)
        axes.xaxis.set_minor_locator(NullLocator())
    first = scaling.iloc[0]
    left.plot(workers, first["images_per_second"] * workers / first["workers"], "--", color=GREY, label="ideal")
    left.set_yscale("log")
    left.legend(frameon=False)
    middle.axhline(1, ls="--", color=GREY)
    middle.set_ylim(0, None)
    bottom = 0
    for part, colour in (("compute", BLUE), ("input", GREEN), ("exchange", ORANGE)):
        share = scaling[f"{part}_share"].to_numpy()
        right.bar(workers.astype(str), share, bottom=bottom, color=colour, label=part)
        bottom = bottom + share
    right.set(xlabel="workers", ylabel="share of the training time", ylim=(0, 1))
    right.legend(loc="lower left")
    save_figure(figure, output)
