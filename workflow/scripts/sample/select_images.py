"""Select groups, cameras and times of a dataset."""

import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.sample.select import select_images

if __name__ == "__main__":
    with script_log(snakemake.log[0], "select_images"):
        select_images(
            snakemake.input.dataset,
            pd.read_csv(snakemake.input.catalogue),
            snakemake.output[0],
            **snakemake.params.selection,
        )
