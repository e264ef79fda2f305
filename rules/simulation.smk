"""A dataset simulated on the spot: one job for each merger or lone galaxy, in the published layout.

Parameters: `datasets: <dataset>: mergers, isolated, encounter, simulation, rendering`, and `seed`.
Result: <dataset>/images.hdf5
"""


rule simulate_galaxies:
    """Integrate a merger, or a lone galaxy, and keep the stars of every snapshot."""
    output:
        "<dataset>/simulations/{group}/snapshots.hdf5",
    log:
        "<logs>/simulate_galaxies/{dataset}/{group}.log",
    benchmark:
        "<benchmarks>/simulate_galaxies/{dataset}/{group}.tsv"
    conda:
        "../envs/simulate.yaml"
    resources:
        mem_mb=megabytes(1500),
        runtime=minutes(60),
    params:
        simulated=simulation,
        settings=settings("datasets/{dataset}/simulation"),
        code=code_digest("simulation/simulate_galaxies.py"),
    script:
        "../workflow/scripts/simulation/simulate_galaxies.py"


rule render_galaxies:
    """Take the images of one simulation with all cameras."""
    input:
        snapshots="<dataset>/simulations/{group}/snapshots.hdf5",
    output:
        "<dataset>/simulations/{group}/images.hdf5",
    log:
        "<logs>/render_galaxies/{dataset}/{group}.log",
    benchmark:
        "<benchmarks>/render_galaxies/{dataset}/{group}.tsv"
    conda:
        "../envs/simulate.yaml"
    resources:
        mem_mb=memory_for_rendering,
        runtime=minutes(30),
    params:
        rendering=settings("datasets/{dataset}/rendering"),
        code=code_digest("simulation/render_galaxies.py"),
    script:
        "../workflow/scripts/simulation/render_galaxies.py"


rule assemble_dataset:
    """Put all simulations of a dataset into one file."""
    input:
        images_of_simulations,
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
