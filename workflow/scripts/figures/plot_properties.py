"""Draw the properties that a network predicts against the true ones."""

import pandas as pd

from deepgalaxy.figures.properties import plot_properties
from deepgalaxy.logs import script_log
from deepgalaxy.properties.guesses import read_all
from deepgalaxy.targets import read_targets

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_properties"):
        found = snakemake.input
        targets = read_targets(found.properties)
        guesses = read_all(found.predictions, found.validation, found.guesses, targets)
        table = pd.read_csv(found.table)
        plot_properties(guesses, targets, pd.read_csv(found.split), table, snakemake.output[0])
