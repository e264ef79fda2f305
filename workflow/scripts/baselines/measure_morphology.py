"""Measure the morphology of the images of a sample."""

from deepgalaxy.baselines.morphology import measure_morphology
from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "measure_morphology"):
        table = measure_morphology(dict(snakemake.input.items()), snakemake.threads)
        with whole_file(snakemake.output[0]) as path:
            table.to_csv(path, index=False)
