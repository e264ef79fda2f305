"""Let a trained model classify test images that are turned, scaled, moved, blurred, and more."""

import pandas as pd

from deepgalaxy.evaluation.turns import read_turns
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "measure_robustness"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.evaluation.robustness import measure_robustness
        from deepgalaxy.training.model_file import load_network

        measure_robustness(
            load_network(snakemake.input.model),
            snakemake.input.test,
            pd.read_csv(snakemake.input.split),
            snakemake.params.seed,
            snakemake.output[0],
            batch_size(NetworkMemory.read(snakemake.input.training).to_predict, snakemake.resources.image_memory_mib),
            read_turns(snakemake.input.validation),
        )
