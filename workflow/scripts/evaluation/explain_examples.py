"""Choose test images that show what a network can and cannot do, and find out where it looks in them."""

import pandas as pd

from deepgalaxy.evaluation.examples import choose_examples
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "explain_examples"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.evaluation.saliency import explain_examples
        from deepgalaxy.training.model_file import load_network

        classes, split = (pd.read_csv(snakemake.input[name]) for name in ("classes", "split"))
        examples = choose_examples(Predictions.read(snakemake.input.predictions), classes, split)
        memory = NetworkMemory.read(snakemake.input.training)
        images = batch_size(memory.to_explain, snakemake.resources.image_memory_mib)
        network = load_network(snakemake.input.model)
        explain_examples(network, snakemake.input.test, examples, snakemake.output[0], images)
