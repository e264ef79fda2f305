"""Time the calls of a trained network."""

from deepgalaxy.files import write_json
from deepgalaxy.logs import script_log
from deepgalaxy.tensorflow_setup import configure_tensorflow

if __name__ == "__main__":
    with script_log(snakemake.log[0], "measure_latency"):
        configure_tensorflow(snakemake.threads)
        from deepgalaxy.benchmark.latency import device, measure_latency
        from deepgalaxy.training.model_file import load_network

        network = load_network(snakemake.input.model)
        calls = measure_latency(network, snakemake.input.images, snakemake.params.batches, snakemake.params.calls)
        write_json({"device": device(), "threads": snakemake.threads, "calls": calls}, snakemake.output[0])
