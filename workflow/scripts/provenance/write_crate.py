"""Describe the directory of the results as a Workflow Run RO-Crate."""

from pathlib import Path

from deepgalaxy.files import read_json, write_json
from deepgalaxy.logs import script_log
from deepgalaxy.provenance.crate import copy_source, describe_crate

if __name__ == "__main__":
    with script_log(snakemake.log[0], "write_crate"):
        provenance = read_json(snakemake.input[0])
        copy_source(Path(__file__).parents[3], provenance["configuration"]["values"], snakemake.output.source)
        metadata = describe_crate(provenance, snakemake.params.purposes, Path(snakemake.output.metadata).parent)
        write_json(metadata, snakemake.output.metadata)
