"""Integrate one merger of two galaxies and keep the stars of every snapshot."""

from deepgalaxy.logs import script_log
from deepgalaxy.simulation.merger import simulate_merger

if __name__ == "__main__":
    with script_log(snakemake.log[0], f"simulate_merger {snakemake.wildcards.group}"):
        simulate_merger(
            size_ratio=snakemake.params.merger["size_ratio"],
            mass_ratio=snakemake.params.merger["mass_ratio"],
            settings=snakemake.params.simulation,
            seed=snakemake.params.merger["seed"],
            output=snakemake.output[0],
        )
