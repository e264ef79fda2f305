"""Measure how well test images come back."""

from deepgalaxy.encoder.measure import reconstruct_images
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "reconstruct_images"):
        found = snakemake.input
        reconstruct_images(
            found.decoded,
            found.train,
            found.test,
            snakemake.output[0],
            snakemake.params.latent,
            snakemake.resources.image_memory_mib,
            snakemake.params.seed % 2**32,
        )
