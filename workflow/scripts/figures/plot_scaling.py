"""Draw how one model's training scales with the number of workers."""

import pandas as pd

from deepgalaxy.figures.scaling import plot_scaling
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.published_points import read_published_points
from deepgalaxy.scaling.throughput import STUDY, read_study

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_scaling"):
        plot_scaling(
            read_study(snakemake.input.scaling, [snakemake.wildcards[name] for name in STUDY]),
            read_published_points(),
            pd.read_csv(snakemake.input.model) if snakemake.input.model else None,
            snakemake.output[0],
        )
