"""Take the images of one merger with all cameras."""

import cv2

from deepgalaxy.logs import script_log
from deepgalaxy.simulation.merger import render_merger

if __name__ == "__main__":
    with script_log(snakemake.log[0], f"render_merger {snakemake.wildcards.group}"):
        cv2.setNumThreads(snakemake.threads)
        render_merger(snakemake.input.snapshots, **snakemake.params.rendering, output=snakemake.output[0])
