"""Choose among the combinations of a sweep, by the loss on the validation images."""

from deepgalaxy.files import read_json, write_table
from deepgalaxy.logs import logger, script_log
from deepgalaxy.training.record import read_records
from deepgalaxy.training.sweep_table import kept_epoch, tabulate_sweep

if __name__ == "__main__":
    with script_log(snakemake.log[0], "choose_of_sweep"):
        trained = zip(snakemake.input.epochs, snakemake.input.training, strict=True)
        kept = [kept_epoch(read_records(epochs), read_json(run)["options"]["keep_epoch"]) for epochs, run in trained]
        table = tabulate_sweep(snakemake.params.runs, snakemake.params.options, kept)
        write_table(table, snakemake.output[0])
        for row in table[table["chosen"]].itertuples():
            logger.info("%s (%s): validation loss %.4f", row.model, row.options, row.validation_loss)
