"""Keep the settings of an experiment, and what became of each test image of its runs."""

import pandas as pd

from deepgalaxy.evaluation.comparison import TestImages, write_test_images
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_json
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "keep_experiment"):
        files = (snakemake.input[name] for name in ("predictions", "classes", "split"))
        images = [
            TestImages.of(Predictions.read(predictions), pd.read_csv(classes), pd.read_csv(split))
            for predictions, classes, split in zip(*files, strict=True)
        ]
        write_test_images(snakemake.params.runs, images, snakemake.output.images)
        write_json(snakemake.params.settings, snakemake.output.settings)
