"""Integrate a merger of two galaxies, or a lone one, and keep the stars of every snapshot."""

from deepgalaxy.logs import script_log
from deepgalaxy.simulation.simulate import simulate_galaxies

if __name__ == "__main__":
    with script_log(snakemake.log[0], f"simulate_galaxies {snakemake.wildcards.group}"):
        simulate_galaxies(snakemake.params.simulated, snakemake.params.settings, snakemake.output[0], snakemake.threads)
