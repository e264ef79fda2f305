"""A published dataset: from its sources or from a local copy, checked against its pinned digest.

Parameters: `datasets: <dataset>: sources, bytes`, and config/checksums.txt; a change of these reruns nothing.
Result: <resources>/{dataset}.hdf5, a link
"""


localrules:
    fetch_dataset,
    verify_dataset,


rule fetch_dataset:
    """Get a dataset; the download itself lies in downloads/ and outlives this rule's output."""
    output:
        "<resources>/{dataset}.hdf5",
    log:
        "<logs>/fetch_dataset/{dataset}.log",
    conda:
        "../envs/acquire.yaml"
    params:
        code=code_digest("dataset/fetch_dataset.py"),
    script:
        "../workflow/scripts/dataset/fetch_dataset.py"


rule verify_dataset:
    """On demand: hash the published datasets of the experiment once more."""
    input:
        [image_file(name) for name in EXPERIMENT["datasets"] if not simulated(name)],
    log:
        "<logs>/verify_dataset.log",
    conda:
        "../envs/acquire.yaml"
    params:
        code=code_digest("dataset/verify_dataset.py"),
    script:
        "../workflow/scripts/dataset/verify_dataset.py"
