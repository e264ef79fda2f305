"""Predict the properties of the held-out images by simple models."""

import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.properties.guesses import guess_properties, write_guesses
from deepgalaxy.targets import read_targets

if __name__ == "__main__":
    with script_log(snakemake.log[0], "guess_properties"):
        guesses = guess_properties(
            snakemake.input.components,
            pd.read_csv(snakemake.input.morphology),
            pd.read_csv(snakemake.input.split),
            read_targets(snakemake.input.properties),
        )
        write_guesses(guesses, snakemake.output[0])
