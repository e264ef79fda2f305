"""Bring the images of one split to the size and type that a network reads, shuffled where they are trained on."""

import cv2
import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.prepare import prepare_split

if __name__ == "__main__":
    with script_log(snakemake.log[0], f"prepare_images {snakemake.wildcards.split}"):
        cv2.setNumThreads(snakemake.threads)
        images = pd.read_csv(snakemake.input.split)
        prepare_split(
            snakemake.input.subset,
            images[images["split"] == snakemake.wildcards.split],
            **snakemake.params.images,
            seed=snakemake.params.seed if snakemake.wildcards.split == "train" else None,
            output=snakemake.output[0],
        )
