"""Fit the model of one study's scaling, and predict larger numbers of workers."""

from deepgalaxy.files import write_json, write_table
from deepgalaxy.logs import script_log
from deepgalaxy.scaling.study import model_study

if __name__ == "__main__":
    with script_log(snakemake.log[0], "model_scaling"):
        files, params = snakemake.input, snakemake.params
        table, about = model_study(params.runs, files.epochs, files.sweeps, files.training, params.seed)
        write_table(table, snakemake.output.csv)
        write_json(about, snakemake.output.json)
