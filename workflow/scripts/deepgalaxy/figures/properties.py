"""Predicted properties against the true ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREY, ORANGE, save_figure
from deepgalaxy.figures.words import PROPERTIES
from deepgalaxy.properties.guesses import Guess
from deepgalaxy.properties.scores import error_of, median_of
from deepgalaxy.targets import AXIS, BINARY, Target

BINS = 12
"""Parts of the true values whose predictions are summed up."""


def plot_properties(
    guesses: Mapping[str, Sequence[Guess]],
    targets: Sequence[Target],
    split: pd.DataFrame,
    table: pd.DataFrame,
    output: str | Path,
) -> None:
    """Draw a panel for each target: predicted against true numbers, angles between axes, probabilities of the true.

    ``guesses`` are as in ``tabulate_properties``, and ``table`` is what that returns. Only the test images of which the
    property is known are drawn; a panel says so where there are none.
    """
    across = min(4, max(1, len(targets)))
    down = max(1, -(-len(targets) // across))
    figure, panels = plt.subplots(down, across, figsize=(3.4 * across, 3.4 * down), layout="constrained", squeeze=False)
    for panel in panels.flat[len(targets) :]:
        panel.axis("off")
    for panel, target in zip(panels.flat, targets):
        panel.set_title(PROPERTIES[target.name], fontsize=10)
        row = table[(table["property"] == target.name) & (table["model"] == "network")].iloc[0]
        if isinstance(row["note"], str):
            panel.axis("off")
            panel.text(0.5, 0.5, row["note"], ha="center", va="center", color=GREY, wrap=True)
            continue
        network, others = guesses[target.name][0], guesses[target.name][1:]
        strongest = next(guess for guess in others if guess.name == row["strongest"])
        if target.kind == AXIS:
            _draw_angles(panel, {"network": network, strongest.name: strongest}, target, split)
        elif target.kind == BINARY:
            _draw_probabilities(panel, network, target, split)
        else:
            _draw_numbers(panel, network, target, split)
    save_figure(figure, output)


def known_of_test(guess: Guess, target: Target, split: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return what is predicted, (n, bins), and true, (n, columns), of the test images of which it is known."""
    true = split[target.columns].to_numpy(float)[guess.rows["test"]]
    known = ~np.isnan(true).any(axis=1)
    return guess.predicted["test"][known].astype(float), true[known]


def _draw_numbers(panel: plt.Axes, network: Guess, target: Target, split: pd.DataFrame) -> None:
    """Draw the median of each image's distribution against the true value, with 68 % of the images."""
    predicted, true = known_of_test(network, target, split)
    images = pd.DataFrame({"true": true[:, 0], "predicted": median_of(predicted, target.edges)})
    panel.plot(images["true"], images["predicted"], ".", ms=1.5, alpha=0.3, color=GREY, rasterized=True)
    parts = images.groupby(pd.cut(images["true"], min(BINS, images["true"].nunique())), observed=True)
    low, middle, high = (parts["predicted"].quantile(share) for share in (0.16, 0.5, 0.84))
    places = parts["true"].mean()
    panel.errorbar(places, middle, [middle - low, high - middle], fmt="o-", ms=3, lw=1, color=BLUE)
    ends = images["true"].agg(["min", "max"])
    panel.plot(ends, ends, "--", color=ORANGE)
    panel.set(xlabel="true", ylabel="predicted")


def _draw_angles(panel: plt.Axes, guesses: Mapping[str, Guess], target: Target, split: pd.DataFrame) -> None:
    """Draw the share of images whose axis is predicted to within an angle."""
    for (name, guess), colour in zip(guesses.items(), (BLUE, ORANGE)):
        angles = np.sort(error_of(*known_of_test(guess, target, split), target))
        shares = np.arange(1, len(angles) + 1) / len(angles)
        panel.plot(angles, shares, color=colour, label=name.replace("_", " "))
    angles = np.linspace(0, 90, 91)
    panel.plot(angles, 1 - np.cos(np.radians(angles)), "--", color=GREY, label="random axis")
    panel.set(xlabel="angle from the true axis (degrees)", ylabel="share of images", xlim=(0, 90), ylim=(0, 1))
    panel.legend(frameon=False, fontsize=8)


def _draw_probabilities(panel: plt.Axes, network: Guess, target: Target, split: pd.DataFrame) -> None:
    """Draw how the probabilities are distributed over the images of which it is true, and of which it is not."""
    predicted, true = known_of_test(network, target, split)
    for value, colour, name in ((0, ORANGE, "it is not"), (1, BLUE, "it is")):
        chosen = predicted[true[:, 0] == value, 1]
        if len(chosen):
            weights, edges = np.full(len(chosen), 1 / len(chosen)), np.linspace(0, 1, 21).tolist()
            panel.hist(chosen, edges, weights=weights, histtype="step", color=colour, label=name)
    panel.set(xlabel="predicted probability", ylabel="share of images", xlim=(0, 1), yscale="log")
    panel.legend(frameon=False, fontsize=8)
