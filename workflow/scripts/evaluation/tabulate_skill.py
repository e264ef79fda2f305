"""Compare each run with the strongest baseline on its sample."""

import pandas as pd

from deepgalaxy.evaluation.baseline_predictions import read_baselines
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.ranking import like
from deepgalaxy.evaluation.skill import measure_skill
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_skill"):
        rows, files = [], (snakemake.input[name] for name in ("predictions", "baselines", "classes", "split"))
        for run, predictions, baselines, classes, split in zip(snakemake.params.runs, *files, strict=True):
            network, simple = Predictions.read(predictions), read_baselines(baselines)
            tables = pd.read_csv(classes), pd.read_csv(split)
            rows.append(run | measure_skill(network, simple, *tables, snakemake.params.seed))
            logger.info("%s: %s", "/".join(map(str, run.values())), rows[-1]["verdict"])
        write_table(like(pd.DataFrame(rows), pd.read_csv(snakemake.input.metrics)), snakemake.output[0])
