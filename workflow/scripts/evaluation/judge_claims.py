"""Compare what the DeepGalaxy paper claims with the results of all runs."""

from deepgalaxy.evaluation.claims import judge_claims
from deepgalaxy.evaluation.evidence import read_results
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "judge_claims"):
        asked = snakemake.params
        results = read_results(snakemake.input, asked.datasets, asked.published, asked.encoders, asked.on_maps)
        write_table(judge_claims(results), snakemake.output[0])
