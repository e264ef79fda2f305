"""Draw the steps of a walk through the vector."""

from deepgalaxy.figures.walk import plot_walk
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_walk"):
        plot_walk(snakemake.input[0], snakemake.output[0])
