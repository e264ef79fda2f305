"""Convert the images of a sample to the size and type that a network reads, shuffled, one file for each split."""

import cv2
import pandas as pd

from deepgalaxy.logs import script_log
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.targets import all_columns, read_targets

if __name__ == "__main__":
    with script_log(snakemake.log[0], "prepare_images"):
        cv2.setNumThreads(1)  # the processes divide the cores among themselves
        prepare_images(
            snakemake.input.subset,
            pd.read_csv(snakemake.input.split),
            **snakemake.params.images,
            seed=snakemake.params.seed,
            outputs=dict(snakemake.output.items()),
            memory_bytes=snakemake.resources.image_memory_mib * 2**20,
            processes=snakemake.threads,
            properties=all_columns(read_targets(snakemake.input.properties)),
        )
