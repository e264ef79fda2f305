"""A dataset simulated on the spot: one job for each merger, in the published layout.

Parameters: `datasets: <dataset>: mergers, simulation, rendering`, and `seed`.
Result: <dataset>/images.hdf5
"""


rule simulate_merger:
    """Integrate one merger and keep the stars of every snapshot."""
    output:
        "<dataset>/mergers/{group}/snapshots.hdf5",
    log:
        "<logs>/simulate_merger/{dataset}/{group}.log",
    benchmark:
        "<benchmarks>/simulate_merger/{dataset}/{group}.tsv"
    conda:
        "../envs/simulate.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(60),
    params:
        merger=merger,
        simulation=settings("datasets/{dataset}/simulation"),
        code=code_digest("simulation/simulate_merger.py"),
    script:
        "../workflow/scripts/simulation/simulate_merger.py"


rule render_merger:
    """Take the images of one merger with all cameras."""
    input:
        snapshots="<dataset>/mergers/{group}/snapshots.hdf5",
    output:
        "<dataset>/mergers/{group}/images.hdf5",
    log:
        "<logs>/render_merger/{dataset}/{group}.log",
    benchmark:
        "<benchmarks>/render_merger/{dataset}/{group}.tsv"
    conda:
        "../envs/simulate.yaml"
    resources:
        mem_mb=megabytes(2000),
        runtime=minutes(30),
    params:
        rendering=settings("datasets/{dataset}/rendering"),
        code=code_digest("simulation/render_merger.py"),
    script:
        "../workflow/scripts/simulation/render_merger.py"


rule assemble_dataset:
    """Put the mergers of a simulated dataset into one file."""
    input:
        images_of_mergers,
    output:
        "<dataset>/images.hdf5",
    log:
        "<logs>/assemble_dataset/{dataset}.log",
    conda:
        "../envs/images.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(5, per_gb=5),
    params:
        code=code_digest("simulation/assemble_dataset.py"),
    script:
        "../workflow/scripts/simulation/assemble_dataset.py"
