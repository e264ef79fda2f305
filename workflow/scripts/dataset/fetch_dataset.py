"""Get a dataset from where it is published, unless it is here, and check it."""

from deepgalaxy.dataset.acquire import acquire_dataset
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "fetch_dataset"):
        # Not parameters of the rule: another mirror, or an accepted digest, is no reason to get 14 GB once more.
        dataset = snakemake.config["datasets"][snakemake.wildcards.dataset]
        acquire_dataset(dataset["sources"], snakemake.output[0], "config/checksums.txt", dataset.get("bytes"))
