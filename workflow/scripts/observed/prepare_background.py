"""Prepare cut-outs of the sky, whose light is added to the training images of a model."""

from deepgalaxy.logs import script_log
from deepgalaxy.observed.background import prepare_background

if __name__ == "__main__":
    with script_log(snakemake.log[0], "prepare_background"):
        asked = snakemake.params
        prepare_background(asked.files, snakemake.input.train, snakemake.output[0], asked.largest_megapixels)
