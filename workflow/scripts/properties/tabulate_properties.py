"""Tabulate how well a network, and simple models, predict properties of the test images."""

import pandas as pd

from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log
from deepgalaxy.properties.guesses import read_all
from deepgalaxy.properties.table import tabulate_properties
from deepgalaxy.targets import read_targets

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_properties"):
        found = snakemake.input
        targets = read_targets(found.properties)
        guesses = read_all(found.predictions, found.validation, found.guesses, targets)
        table = tabulate_properties(guesses, targets, pd.read_csv(found.split), snakemake.params.seed)
        write_table(table, snakemake.output[0])
