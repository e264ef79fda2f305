"""Find the principal components of the pixels of a sample's images."""

from deepgalaxy.baselines.components import write_components
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "find_components"):
        write_components(snakemake.input, snakemake.params.seed, snakemake.output[0])
