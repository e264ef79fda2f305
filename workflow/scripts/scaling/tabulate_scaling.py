"""Compare the throughput of different numbers of workers, for people and for machines."""

from deepgalaxy.files import write_json, write_table
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.throughput import measure_runs, scaling_table

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_scaling"):
        measured = measure_runs(
            snakemake.params.runs, snakemake.input.epochs, snakemake.input.training, snakemake.params.logs
        )
        table = scaling_table(measured)
        write_table(table, snakemake.output.csv)
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        write_json({"table": rows, "runs": measured}, snakemake.output.json)
