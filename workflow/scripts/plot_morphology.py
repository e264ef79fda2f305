"""Draw how the morphology of the images changes over the mergers."""

import h5py
import pandas as pd

from deepgalaxy.figures.morphology import plot_morphology
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_morphology"):
        with h5py.File(snakemake.input.subset) as subset:
            pericentres_myr = [group.attrs.get("pericentres_myr", []) for group in subset.values()]
        plot_morphology(
            pd.read_csv(snakemake.input.morphology),
            pd.read_csv(snakemake.input.split),
            pericentres_myr,
            snakemake.output[0],
        )
