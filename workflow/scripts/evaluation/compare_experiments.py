"""Set an experiment beside another one."""

from deepgalaxy.evaluation.comparison import Experiment, compare_experiments, differing_settings
from deepgalaxy.files import read_json, write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "compare_experiments"):
        files = snakemake.input
        ours, other = (
            Experiment.read(files.metrics, files.images),
            Experiment.read(files.other_metrics, files.other_images),
        )
        write_table(compare_experiments(ours, other, snakemake.params.seed), snakemake.output.comparison)
        settings = differing_settings(read_json(files.settings), read_json(files.other_settings))
        write_table(settings, snakemake.output.settings)
