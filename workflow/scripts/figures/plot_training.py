"""Draw the training curves of one run."""

from deepgalaxy.figures.training import plot_training
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_training"):
        plot_training(snakemake.input.epochs, snakemake.output[0])
