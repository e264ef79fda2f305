"""Label the selected images and split them."""

from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.properties import add_properties, describe_targets
from deepgalaxy.sample.select import list_images
from deepgalaxy.sample.split import split_images
from deepgalaxy.targets import write_targets

if __name__ == "__main__":
    with script_log(snakemake.log[0], "split_images"):
        names = snakemake.params.properties
        images = add_properties(list_images(snakemake.input.subset), snakemake.input.subset, names)
        images, classes = label_images(images, **snakemake.params.classes)
        images = split_images(images, **snakemake.params.split, fold=snakemake.params.fold, seed=snakemake.params.seed)
        write_table(classes, snakemake.output.classes)
        write_table(images, snakemake.output.split)
        write_targets(describe_targets(images, names), snakemake.output.properties)
