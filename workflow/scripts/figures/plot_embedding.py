"""Draw where training images, and observed ones among them, lie in a network's features."""

from deepgalaxy.figures.embedding import plot_embedding
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_embedding"):
        observed = [*snakemake.input.observed, *snakemake.input.table]
        plot_embedding(snakemake.input.dater, observed, snakemake.params.seed, snakemake.output[0])
