"""Measure whether a dater warns of lone galaxies, and of images that are none of ours."""

import pandas as pd

from deepgalaxy.dater.dater import Dater, Eye
from deepgalaxy.dater.trial import measure_novelty
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "measure_novelty"):
        configure_tensorflow(snakemake.threads)
        dater = Dater.read(snakemake.input.dater)
        table = measure_novelty(
            dater,
            Eye(dater.network(), dater.turns),
            snakemake.input.test,
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
            batch_size(dater.memory, snakemake.resources.image_memory_mib),
        )
        write_table(table, snakemake.output[0])
