"""Fail if a figure of merit is worse than the reference allows."""

import pandas as pd

from deepgalaxy.benchmark.merit import overall, refuse_failures
from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "judge_benchmark"):
        table = pd.read_csv(snakemake.input[0], sep="\t")
        refuse_failures(table)
        with whole_file(snakemake.output[0]) as path:
            path.write_text(f"{overall(table)}\n", encoding="utf-8")
