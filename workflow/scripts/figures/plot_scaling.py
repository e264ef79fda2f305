"""Draw how one model's training scales with the number of workers."""

import pandas as pd

from deepgalaxy.figures.scaling import plot_scaling
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.published_points import read_reference_points
from deepgalaxy.scaling.throughput import OURS, SCALED

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_scaling"):
        scaling = pd.read_csv(snakemake.input.scaling, dtype=dict.fromkeys(SCALED, str))
        study = [snakemake.wildcards[name] for name in SCALED[:3]]
        shown = (scaling[SCALED[:3]] == study).all(axis=1) | (scaling["source"] != OURS)
        plot_scaling(
            scaling[shown],
            read_reference_points(),
            pd.read_csv(snakemake.input.model) if snakemake.input.model else None,
            snakemake.output[0],
        )
