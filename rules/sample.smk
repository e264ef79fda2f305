"""From a dataset to a sample: checked, selected, labelled, split and prepared.

Parameters: `samples: <sample>`, and `seed`.
Results: <dataset>/catalogue.csv; <sample>/subset.hdf5, split.csv, classes.csv, properties.csv, and {train,validation,test}.hdf5. The folds
of a sample are samples in folders of their own, such as <sample>/fold~1, and share its subset.
"""


rule catalogue_dataset:
    """Check that an image file keeps to the published layout, and list what it holds."""
    input:
        dataset=dataset_file,
    output:
        "<dataset>/catalogue.csv",
    log:
        "<logs>/catalogue_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/catalogue_dataset/{dataset}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    resources:
        mem_mb=megabytes(READING_MIB),
        runtime=minutes(10, per_gb=10),
    params:
        damaged=damaged_units,
        code=code_digest("dataset/catalogue_dataset.py"),
    script:
        "../workflow/scripts/dataset/catalogue_dataset.py"


rule select_images:
    """Select groups, cameras and times of a dataset that was found to be in order."""
    input:
        dataset=dataset_file,
        catalogue="<dataset>/catalogue.csv",
    output:
        "<sample>/subset.hdf5",
    log:
        "<logs>/select_images/{dataset}/{sample}.log",
    conda:
        "../envs/images.yaml"
    resources:
        mem_mb=megabytes_of_pieces(),
        runtime=time_to_select,
    params:
        selection=settings("samples/{sample}/selection"),
        code=code_digest("sample/select_images.py"),
    script:
        "../workflow/scripts/sample/select_images.py"


rule split_images:
    """Label the selected images and split them; the table says all that later rules know of an image."""
    input:
        dataset=dataset_file,
        subset=subset_file,
    output:
        split="<sample>/split.csv",
        classes="<sample>/classes.csv",
        properties="<sample>/properties.csv",
    log:
        "<logs>/split_images/{dataset}/{sample}.log",
    conda:
        "../envs/images.yaml"
    resources:
        mem_mb=megabytes(1000),
        runtime=minutes(10),
    params:
        classes=settings("samples/{sample}/classes"),
        properties=settings("samples/{sample}/properties"),
        split=settings("samples/{sample}/split"),
        fold=lambda wildcards: int(parse_fold(wildcards.sample)[1] or 1),
        seed=stage_seed("split", "dataset"),
        code=code_digest("sample/split_images.py"),
    script:
        "../workflow/scripts/sample/split_images.py"


rule prepare_images:
    """Convert the images of a sample to the size and type that a network reads, shuffled, one file for each split."""
    input:
        dataset=dataset_file,
        catalogue="<dataset>/catalogue.csv",
        subset=subset_file,
        split="<sample>/split.csv",
        properties="<sample>/properties.csv",
    output:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        test="<sample>/test.hdf5",
    log:
        "<logs>/prepare_images/{dataset}/{sample}.log",
    benchmark:
        "<benchmarks>/prepare_images/{dataset}/{sample}.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    resources:
        mem_mb=megabytes_of_pieces(at_least=MACHINE["memory_budget_mib"]),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=20),
    params:
        images=settings("samples/{sample}/images"),
        seed=stage_seed("prepare", "dataset", "sample"),
        code=code_digest("sample/prepare_images.py"),
    script:
        "../workflow/scripts/sample/prepare_images.py"
