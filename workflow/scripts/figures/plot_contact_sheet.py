"""Draw one merger of a dataset as a contact sheet."""

import pandas as pd

from deepgalaxy.figures.contact_sheet import plot_contact_sheet
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "plot_contact_sheet"):
        plot_contact_sheet(snakemake.input.dataset, pd.read_csv(snakemake.input.catalogue), snakemake.output[0])
