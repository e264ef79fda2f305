"""Put the mergers of a simulated dataset into one file."""

from deepgalaxy.dataset.layout import join_files
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "assemble_dataset"):
        join_files(snakemake.input, snakemake.output[0])
