"""Check that an image file keeps to the published layout, and list what it holds."""

from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "catalogue_dataset"):
        catalogue = catalogue_dataset(snakemake.input.dataset, snakemake.params.damaged, snakemake.threads)
        write_table(catalogue, snakemake.output[0])
