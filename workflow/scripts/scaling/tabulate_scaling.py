"""Compare the throughput of different numbers of workers, for people and for machines."""

import json

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.throughput import measure_runs, scaling_table

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_scaling"):
        measured = measure_runs(
            snakemake.params.runs, snakemake.input.epochs, snakemake.input.training, snakemake.params.logs
        )
        table = scaling_table(measured)
        with whole_file(snakemake.output.csv) as path:
            table.to_csv(path, index=False)
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        with whole_file(snakemake.output.json) as path:
            path.write_text(json.dumps({"table": rows, "runs": measured}, indent=2) + "\n")
