"""Hash the datasets again that were not simulated here."""

from deepgalaxy.checksums import verify_file
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "verify_dataset"):
        for file in snakemake.input:
            verify_file(file, "config/checksums.txt")
        if not snakemake.input:
            logger.info("every dataset of this experiment is simulated; none has a digest to check")
