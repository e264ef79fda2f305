"""What the networks have to beat: simple models on the morphology of the images, and on their pixels.

Parameters: `seed`.
Results: <sample>/morphology.csv, components.hdf5 and baselines.hdf5, <results>/tables/baselines/ and <results>/figures/morphology/
"""


localrules:
    plot_morphology,


rule measure_morphology:
    """Measure classical statistics of the morphology of all images of a sample."""
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        test="<sample>/test.hdf5",
    output:
        "<sample>/morphology.csv",
    log:
        "<logs>/measure_morphology/{dataset}/{sample}.log",
    benchmark:
        "<benchmarks>/measure_morphology/{dataset}/{sample}.tsv"
    conda:
        "../envs/report.yaml"
    threads: 8
    resources:
        mem_mb=memory_for_morphology,
        runtime=minutes(10, per_gb=20),
    params:
        code=code_digest("baselines/measure_morphology.py"),
    script:
        "../workflow/scripts/baselines/measure_morphology.py"


rule find_components:
    """Find the principal components of the pixels of a sample's images."""
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        test="<sample>/test.hdf5",
    output:
        "<sample>/components.hdf5",
    log:
        "<logs>/find_components/{dataset}/{sample}.log",
    benchmark:
        "<benchmarks>/find_components/{dataset}/{sample}.tsv"
    conda:
        "../envs/report.yaml"
    threads: cores(8)
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(60),
    params:
        seed=stage_seed("baselines", "dataset", "sample"),
        code=code_digest("baselines/find_components.py"),
    script:
        "../workflow/scripts/baselines/find_components.py"


rule score_baselines:
    """Fit simple models to the morphology and the pixels of the training images, and score them like the networks."""
    input:
        morphology="<sample>/morphology.csv",
        components="<sample>/components.hdf5",
        classes="<sample>/classes.csv",
        split="<sample>/split.csv",
    output:
        predictions="<sample>/baselines.hdf5",
        table=report(
            "<results>/tables/baselines/{dataset}/{sample}.csv",
            caption="../workflow/report/baselines.rst",
            category="Results",
            labels={"content": "baselines on {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/score_baselines/{dataset}/{sample}.log",
    benchmark:
        "<benchmarks>/score_baselines/{dataset}/{sample}.tsv"
    conda:
        "../envs/report.yaml"
    threads: cores(8)
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(60),
    params:
        seed=stage_seed("baselines", "dataset", "sample"),
        code=code_digest("baselines/score_baselines.py"),
    script:
        "../workflow/scripts/baselines/score_baselines.py"


# These names of folds fit what both write.
ruleorder: join_baselines > score_baselines


rule join_baselines:
    """Join what the baselines of all folds of a sample predict, and score it."""
    input:
        baselines=of_folds("<results>/samples/{dataset}/{fold}/baselines.hdf5"),
        classes=of_folds("<results>/samples/{dataset}/{fold}/classes.csv"),
        split="<results>/samples/{dataset}/{sample}/fold~all/split.csv",
    output:
        predictions="<results>/samples/{dataset}/{sample,\w+}/fold~all/baselines.hdf5",
        table=report(
            "<results>/tables/baselines/{dataset}/{sample,\w+}/fold~all.csv",
            caption="../workflow/report/baselines.rst",
            category="Results",
            labels={"content": "baselines on all folds of {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/join_baselines/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(60),
    params:
        seed=stage_seed("baselines", "dataset", "sample"),
        code=code_digest("baselines/join_baselines.py"),
    script:
        "../workflow/scripts/baselines/join_baselines.py"


rule plot_morphology:
    """Draw how the morphology of the images changes over the mergers."""
    input:
        morphology="<sample>/morphology.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/figures/morphology/{dataset}/{sample}.svg",
            caption="../workflow/report/morphology.rst",
            category="Dataset",
            labels={"content": "morphology over time of {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_morphology/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_morphology.py"),
    script:
        "../workflow/scripts/figures/plot_morphology.py"
