"""Take the images of one simulation with all cameras."""

import cv2

from deepgalaxy.logs import script_log
from deepgalaxy.simulation.photograph import render_galaxies

if __name__ == "__main__":
    with script_log(snakemake.log[0], f"render_galaxies {snakemake.wildcards.group}"):
        cv2.setNumThreads(snakemake.threads)
        render_galaxies(
            snakemake.input.snapshots,
            snakemake.wildcards.group,
            **snakemake.params.rendering,
            output=snakemake.output[0],
        )
