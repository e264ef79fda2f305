"""Draw the networks that were trained on a sample beside all of its baselines."""

import pandas as pd

from deepgalaxy.figures.skill import plot_skill
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_skill"):
        tables = (pd.read_csv(snakemake.input[name]) for name in ("metrics", "skill", "baselines"))
        plot_skill(*tables, f"{snakemake.wildcards.dataset}/{snakemake.wildcards.sample}", snakemake.output[0])
