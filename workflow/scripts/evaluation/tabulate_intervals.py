"""Tabulate how many intervals of a run hold the true time: of all images, by phase and by simulation."""

import pandas as pd

from deepgalaxy.dataset.layout import read_pericentres
from deepgalaxy.evaluation.error_breakdown import phases
from deepgalaxy.evaluation.intervals import SHARES, conformal_intervals, tabulate_intervals
from deepgalaxy.evaluation.metrics import scale_by_validation
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_intervals"):
        test, validation = (Predictions.read(snakemake.input[name]) for name in ("predictions", "validation"))
        classes, split = (pd.read_csv(snakemake.input[name]) for name in ("classes", "split"))
        timed = test.where(test.timed)
        images = split.iloc[timed.row].reset_index(drop=True)
        table = tabulate_intervals(
            timed,
            scale_by_validation(test, validation, split).where(test.timed),
            [conformal_intervals(test, validation, classes, split, share) for share in SHARES],
            classes,
            images[["group"]].assign(phase=phases(images, read_pericentres(snakemake.input.subset))),
            snakemake.params.seed,
        )
        write_table(table, snakemake.output[0])
        logger.info("intervals are %s", table["intervals"].iloc[0])
