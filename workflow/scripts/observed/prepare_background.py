"""Prepare cut-outs of the sky, whose light is added to the training images of a model."""

from deepgalaxy.logs import script_log
from deepgalaxy.observed.background import prepare_background

if __name__ == "__main__":
    with script_log(snakemake.log[0], "prepare_background"):
        prepare_background(snakemake.params.files, snakemake.input.train, snakemake.output[0])
