"""Prepare observed images as a network reads them."""

from deepgalaxy.logs import script_log
from deepgalaxy.observed.listing import list_observed
from deepgalaxy.observed.preparing import prepare_observed

if __name__ == "__main__":
    with script_log(snakemake.log[0], "prepare_observed"):
        prepare_observed(
            list_observed(snakemake.params.directory),
            snakemake.input.train,
            snakemake.params.largest_megapixels,
            snakemake.output.images,
            snakemake.output.files,
        )
