"""What the rules ask for: memory by what a job holds, time by the size of its input, more with each further attempt.

Parameters: `machine: memory_budget_mib, node_memory_mib, longest_job_minutes`, which change no result.
"""

from deepgalaxy.cluster.resources import (
    READING_MIB,
    largest_piece_mib,
    morphology_mib,
    rendering_mib,
    scaled_by_attempt,
)
from deepgalaxy.network_memory import NetworkMemory, job_mib


def megabytes(amount):
    """Return a function for a job's resource mem_mb: ``amount``, and more with each further attempt.

    Snakemake's mem_mb goes to SLURM as --mem, which counts in MiB; so does all that is set here. (From mem_mib, Snakemake
    would make MB, and SLURM would take these for as many MiB, 5 % more.)
    """

    def resource(wildcards, attempt):
        return scaled_by_attempt(amount, attempt, MACHINE["node_memory_mib"])

    return resource


def megabytes_of_network(image_bytes, beside=0):
    """Return a function for a job's resource mem_mb, as ``megabytes``, where a trained network takes ``image_bytes``, by
    the name of a property of its NetworkMemory, of memory for an image; ``beside`` is for what the job has to hold.

    The job has `training`, the record of the network's run, among its input. One of an earlier version does not say what
    its network takes; it is made anew before the job runs, or the job ends with a sentence.
    """

    def resource(wildcards, input, attempt):
        try:
            memory = NetworkMemory.read(input.training)
        except ValueError:
            memory = NetworkMemory(0, 0, 0)
        amount = beside + job_mib(memory.parameters, getattr(memory, image_bytes), MACHINE["memory_budget_mib"])
        return scaled_by_attempt(amount, attempt, MACHINE["node_memory_mib"])

    return resource


def megabytes_of_pieces(at_least=0):
    """Return a function for a job's resource mem_mb, as ``megabytes``, where images are read by a dataset's pieces: what
    the largest of them takes, at least ``at_least``. The job has the `catalogue` among its input."""

    def resource(wildcards, input, attempt):
        amount = READING_MIB + max(at_least, largest_piece_mib(input.catalogue))
        return scaled_by_attempt(amount, attempt, MACHINE["node_memory_mib"])

    return resource


def memory_for_rendering(wildcards, attempt):
    """Return the memory that rendering the images of a simulation takes, in MiB, as ``megabytes``."""
    pixels = settings("datasets/{dataset}/rendering")(wildcards)["pixels"]
    return scaled_by_attempt(rendering_mib(pixels), attempt, MACHINE["node_memory_mib"])


def memory_for_morphology(wildcards, threads, attempt):
    """Return the memory that measuring the morphology of a sample takes, in MiB, as ``megabytes``."""
    pixels = settings("samples/{sample}/images")(wildcards)["pixels"]
    return scaled_by_attempt(morphology_mib(pixels, threads), attempt, MACHINE["node_memory_mib"])


def minutes(amount, per_gb=0):
    """Return a resource function for the time that a job may take: ``amount`` minutes and ``per_gb`` for each GB of input,
    and more with each further attempt; never more than the cluster allows."""

    def resource(wildcards, input, attempt):
        longest = MACHINE["longest_job_minutes"]
        return scaled_by_attempt(min(round(amount + per_gb * input.size_mb / 1000), longest), attempt, longest)

    return resource


def cores(most, per_gb=4):
    """Return a function for a job's threads: ``per_gb`` for each GB of input, at most ``most``. A small job, most of whose
    time goes into starting, so leaves cores to others. Snakemake asks again once the input is there."""

    def threads(wildcards, input):
        try:
            gigabytes = sum(os.path.getsize(path) for path in input) / 1e9
        except FileNotFoundError:
            return most
        return max(1, min(round(per_gb * gigabytes), most))

    return threads


def time_to_select(wildcards, input, attempt):
    """Return the minutes that a job to select images may take, as ``minutes``: references take none, copies some by
    size."""
    copies = settings("samples/{sample}/selection")(wildcards)["copy"]
    return minutes(10, per_gb=20 if copies else 0)(wildcards, input, attempt)
