"""Pack a trained network, with all that it takes to date an image, into one file."""

from dataclasses import fields

import pandas as pd

from deepgalaxy.dater.card import write_card
from deepgalaxy.dater.pack import Run, pack_dater
from deepgalaxy.evaluation.baseline_predictions import read_baselines
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.skill import measure_skill
from deepgalaxy.files import read_json
from deepgalaxy.logs import script_log
from deepgalaxy.network_memory import NetworkMemory, batch_size
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "pack_dater"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.training.model_file import load_network

        files, run = snakemake.input, snakemake.params.run
        split = pd.read_csv(files.split)
        skill = measure_skill(
            Predictions.read(files.predictions),
            read_baselines(files.baselines),
            pd.read_csv(files.classes),
            split,
            snakemake.params.seed,
        )
        frame, metrics = Frame.of(files.train), read_json(files.metrics)
        scores = pd.read_csv(files.property_scores[0]) if files.property_scores else None
        card = write_card(run, metrics, skill, split, frame, snakemake.params.licence, scores)
        memory = NetworkMemory.read(files.training)
        pack_dater(
            Run(**{field.name: files[field.name] for field in fields(Run)}),
            load_network(files.model),
            snakemake.params.name,
            card,
            memory.to_predict,
            batch_size(memory.to_predict, snakemake.resources.image_memory_mib),
            snakemake.output[0],
        )
