"""What all figures share."""

import textwrap
from pathlib import Path

import matplotlib
from matplotlib import pyplot as plt

from deepgalaxy.files import whole_file

matplotlib.rcdefaults()  # whatever a user's matplotlibrc says
matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "deepgalaxy"  # otherwise element names are random

# Okabe & Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"


def in_two_lines(name: str) -> str:
    """Return the name of a file so that it fits above a small panel, shortened if need be."""
    lines = textwrap.wrap(name, 22)
    return "\n".join(lines if len(lines) <= 2 else [lines[0], lines[1][:21] + "…"])


def say_myr(time: float, half: float | None = None) -> str:
    """Return a time in words, to the million years, ± ``half`` of an interval if that is given.

    >>> say_myr(-12.3), say_myr(99.6, 20.2)
    ('−12 Myr', '100 ± 20 Myr')
    """
    spread = "" if half is None else f" ± {half:.0f}"
    return f"{time:.0f}".replace("-", "−") + f"{spread} Myr"


def save_figure(figure: plt.Figure, output: str | Path) -> None:
    """Write a figure, in the format that the suffix of ``output`` names, and close it."""
    with whole_file(output) as path:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
