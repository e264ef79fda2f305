"""Images that a network dates well and badly, and where it looks."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from skimage.filters import gaussian

from deepgalaxy.evaluation.examples import KINDS
from deepgalaxy.evaluation.predictions import time_origin
from deepgalaxy.figures.style import save_figure


def plot_examples(examples: str | Path, classes: pd.DataFrame, split: pd.DataFrame, output: str | Path) -> None:
    """Draw the images of a file that ``explain_examples`` wrote, one row for each kind, each above its attributions.

    Above an image: its true and its expected time, or its true class if that has no time, and the class that it is
    given. Attributions are smoothed by a fiftieth of the image's width and scaled by their largest value in the image.
    """
    with h5py.File(examples) as file:
        kinds = file["kind"].asstr()[:]
        images, attributions = file["brightness"][:], file["attributions"][:]
        columns = ("row", "predicted", "probability", "target_myr", "expected_myr")
        row, predicted, probability, target_myr, expected_myr = (file[name][:] for name in columns)
    names = classes["name"].to_numpy()
    across = max(np.sum(kinds == kind) for kind in KINDS)
    figure, axes = plt.subplots(
        2 * len(KINDS), across, figsize=(1.75 * across, 3.9 * len(KINDS)), dpi=90, layout="constrained", squeeze=False
    )
    for panel in axes.flat:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    for number, kind in enumerate(KINDS):
        top, bottom = axes[2 * number], axes[2 * number + 1]
        top[0].set_ylabel(kind, fontsize=11)
        bottom[0].set_ylabel("for (orange)\nor against (purple)", fontsize=8)
        for above, below, which in zip(top, bottom, np.flatnonzero(kinds == kind)):
            view = split.loc[row[which]]
            above.imshow(images[which], cmap="gray", vmin=0, vmax=1)
            truth = f"{target_myr[which]:.0f} Myr, dated to {expected_myr[which]:.0f}"
            if np.isnan(target_myr[which]):
                truth = names[view["label"]]
            above.set_title(
                f"{view['group']} camera {view['camera']:02d}\n{truth}\ngiven {names[predicted[which]]}:"
                f" {probability[which]:.0%}",
                fontsize=7,
            )
            smooth = gaussian(attributions[which], images.shape[1] / 50)
            limit = np.abs(smooth).max() or 1
            below.imshow(images[which], cmap="gray", vmin=0, vmax=1)
            below.imshow(smooth, cmap="PuOr_r", vmin=-limit, vmax=limit, alpha=np.abs(smooth) / limit)
    figure.suptitle(f"times count from the {time_origin(classes)}", fontsize=10)
    save_figure(figure, output)
