"""Compare the times of observed mergers with published ones."""

import pandas as pd

from deepgalaxy.files import write_table
from deepgalaxy.logs import logger, script_log
from deepgalaxy.observed.agreement import compare_with_reference, summarise_agreement
from deepgalaxy.observed.reference import read_reference

if __name__ == "__main__":
    with script_log(snakemake.log[0], "compare_observed"):
        reference = read_reference(snakemake.input.reference)
        compared = compare_with_reference(pd.read_csv(snakemake.input.table), reference)
        for reason in compared["reason"].dropna():
            logger.warning("%s", reason)
        split = pd.read_csv(snakemake.input.split)
        median_myr = split.loc[split["split"] == "train", "target_myr"].median()
        agreement = summarise_agreement(compared, median_myr, snakemake.params.seed)
        write_table(compared, snakemake.output.table)
        write_table(pd.DataFrame([agreement]), snakemake.output.agreement)
