"""Date observed images by the dater of a run."""

from deepgalaxy.dater.date import date_observations
from deepgalaxy.dater.dater import Dater
from deepgalaxy.files import write_table
from deepgalaxy.hdf5 import whole_hdf5
from deepgalaxy.logs import script_log
from deepgalaxy.observed.observation import list_observations

if __name__ == "__main__":
    with script_log(snakemake.log[0], "date_observed"):
        dated = date_observations(
            Dater.read(snakemake.input.dater),
            list_observations([snakemake.params.directory]),
            snakemake.params.largest_megapixels,
            snakemake.threads,
            snakemake.resources.image_memory_mib,
        )
        with whole_hdf5(snakemake.output.images) as file:
            file["images"], file["features"] = dated.images, dated.features
        write_table(dated.times, snakemake.output.times)
        write_table(dated.table, snakemake.output.table)
