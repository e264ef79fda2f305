"""Label the selected images and split them."""

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.select import list_images
from deepgalaxy.sample.split import split_images

if __name__ == "__main__":
    with script_log(snakemake.log[0], "split_images"):
        images, classes = label_images(list_images(snakemake.input.subset), **snakemake.params.classes)
        images = split_images(images, **snakemake.params.split, seed=snakemake.params.seed)
        with whole_file(snakemake.output.classes) as path:
            classes.to_csv(path, index=False)
        with whole_file(snakemake.output.split) as path:
            images.to_csv(path, index=False)
