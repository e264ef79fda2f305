"""Label the selected images and split them without leakage."""

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.sample import label_images, list_images, split_by_simulation

if __name__ == "__main__":
    with script_log(snakemake.log[0], "split_images"):
        images, classes = label_images(list_images(snakemake.input.subset), **snakemake.params.classes)
        images = split_by_simulation(images, **snakemake.params.split, seed=snakemake.params.seed)
        with whole_file(snakemake.output.classes) as path:
            classes.to_csv(path, index=False)
        with whole_file(snakemake.output.split) as path:
            images.to_csv(path, index=False)
