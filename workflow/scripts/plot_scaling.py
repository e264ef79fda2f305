"""Draw how one model's training scales with the number of workers."""

import pandas as pd

from deepgalaxy.figures.scaling import plot_scaling
from deepgalaxy.logs import script_log
from deepgalaxy.throughput import SCALED

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_scaling"):
        scaling = pd.read_csv(snakemake.input[0], dtype=dict.fromkeys(SCALED, str))
        ours = (scaling[SCALED] == [snakemake.wildcards[name] for name in SCALED]).all(axis=1)
        plot_scaling(scaling[ours], snakemake.output[0])
