"""The course of a training run."""

import json
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import BLUE, GREEN, save_figure


def plot_training(epochs: str | Path, output: str | Path) -> None:
    """Draw loss and accuracy over the epochs of one run, for training and validation."""
    records = pd.DataFrame([json.loads(line) for line in Path(epochs).read_text(encoding="utf-8").splitlines()])
    figure, panels = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    for axes, quantity, unit in zip(panels, ("loss", "accuracy"), (" (cross-entropy, nats)", "")):
        axes.plot(records["epoch"], records[quantity], "-o", ms=3, color=BLUE, label="training")
        axes.plot(records["epoch"], records[f"validation_{quantity}"], "--s", ms=3, color=GREEN, label="validation")
        axes.set(xlabel="epoch", ylabel=quantity + unit)
        axes.xaxis.get_major_locator().set_params(integer=True)
    panels[0].legend(frameon=False)
    save_figure(figure, output)
