"""Measure the morphology of the images of a sample."""

from deepgalaxy.baselines.morphology import measure_morphology
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "measure_morphology"):
        write_table(measure_morphology(dict(snakemake.input.items()), snakemake.threads), snakemake.output[0])
