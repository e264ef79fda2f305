"""Collect the figures of merit of a model on a sample, for people and for machines."""

from deepgalaxy.benchmark.merit import figure_lines
from deepgalaxy.benchmark.study import benchmark_study, write_tsv
from deepgalaxy.files import whole_file, write_json
from deepgalaxy.logs import logger, script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "tabulate_benchmark"):
        files, params = snakemake.input, snakemake.params
        figures, convergence, about = benchmark_study(
            params.runs, files.epochs, files.training, files.latency, params.configuration, files.get("reference")
        )
        write_tsv(convergence, snakemake.output.convergence)
        write_json(about, snakemake.output.json)
        write_tsv(figures, snakemake.output.figures)
        lines = figure_lines(figures)
        for line in lines:
            logger.info("%s", line)
        with whole_file(snakemake.output.lines) as path:
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
