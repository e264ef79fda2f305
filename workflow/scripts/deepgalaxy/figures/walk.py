"""What the decoders make of the points between the vectors of two images of one merger."""

from pathlib import Path

import h5py
import numpy as np
from matplotlib import pyplot as plt

from deepgalaxy.figures.style import save_figure
from deepgalaxy.figures.tiles import draw_rows
from deepgalaxy.figures.words import name_group

ROWS = {
    "simulated": "simulated",
    "rebuilt": "by its own\nvector",
    "decoded": "by the vector\nbetween",
    "blended": "first image\nfades to last",
}


def plot_walk(walked: str | Path, output: str | Path) -> None:
    """Draw the steps in a file of ``deepgalaxy.encoder.walk.walk``: what was simulated at their times, what comes
    back of that by its own vector, what is decoded from the vectors between, and a blend of the two images at the ends.

    Under the latter three is the mean absolute difference from what was simulated. If the vector holds how a merger
    goes on, the steps between are about as near to that as what is decoded from its own vector, and nearer than the
    blend.
    """
    with h5py.File(walked) as file:
        images = {name: file[name][:] for name in ROWS}
        t_myr, simulated_myr = file["t_myr"][:], file["simulated_myr"][:]
        group, camera = file.attrs["group"], file.attrs["camera"]
    figure, panels = plt.subplots(
        len(ROWS), len(t_myr), figsize=(1.35 * len(t_myr), 6.1), dpi=100, layout="constrained", squeeze=False
    )
    between = {name: np.abs(made - images["simulated"]).mean(axis=(1, 2)) for name, made in images.items()}
    said = {name: [f"{value:.4f}" for value in values] for name, values in between.items()}
    draw_rows(panels, ROWS, images, said | {"simulated": [f"{time:.0f} Myr" for time in simulated_myr]})
    for panel, time in zip(panels[0], t_myr):
        panel.set_title(f"{time:.0f} Myr", fontsize=8)
    inner = slice(1, -1)
    figure.suptitle(
        f"From the first to the last image of the merger of {name_group(group)}, camera {camera:02d}; mean absolute"
        f" difference of the steps between:\nby their own vectors {between['rebuilt'][inner].mean():.4f}, by the"
        f" vectors between {between['decoded'][inner].mean():.4f}, blended {between['blended'][inner].mean():.4f}",
        fontsize=9,
    )
    save_figure(figure, output)
