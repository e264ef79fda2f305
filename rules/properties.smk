"""The properties that networks predict besides the class, and what they have to beat.

Parameters: `samples: <sample>: properties`. Without properties there is nothing to do; the folds of a sample are
tabulated each by itself, not joined.
Results: <sample>/property_guesses.hdf5, <results>/tables/properties/ and <results>/figures/properties/
"""


localrules:
    plot_properties,


rule guess_properties:
    """Predict the properties of the held-out images by simple models, fitted to the training images."""
    input:
        morphology="<sample>/morphology.csv",
        components="<sample>/components.hdf5",
        properties="<sample>/properties.csv",
        split="<sample>/split.csv",
    output:
        "<sample>/property_guesses.hdf5",
    log:
        "<logs>/guess_properties/{dataset}/{sample}.log",
    benchmark:
        "<benchmarks>/guess_properties/{dataset}/{sample}.tsv"
    conda:
        "../envs/report.yaml"
    threads: cores(8)
    resources:
        mem_mb=megabytes(4000),
        runtime=minutes(60),
    params:
        code=code_digest("properties/guess_properties.py"),
    script:
        "../workflow/scripts/properties/guess_properties.py"


rule tabulate_properties:
    """Tabulate how well a network and the simple models predict each property of the test images."""
    input:
        predictions="<run>/predictions.hdf5",
        validation="<run>/validation_predictions.hdf5",
        properties="<run>/properties.csv",
        guesses="<sample>/property_guesses.hdf5",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/tables/properties/<run_name>.csv",
            caption="../workflow/report/properties.rst",
            category="Results",
            labels={"content": "properties", **RUN_LABELS},
        ),
    log:
        "<logs>/tabulate_properties/<run_name>.log",
    conda:
        "../envs/report.yaml"
    resources:
        mem_mb=megabytes(2000),
        runtime=minutes(20),
    params:
        seed=stage_seed("properties", "repeat"),
        code=code_digest("properties/tabulate_properties.py"),
    script:
        "../workflow/scripts/properties/tabulate_properties.py"


rule plot_properties:
    """Draw the properties that a network predicts against the true ones."""
    input:
        predictions="<run>/predictions.hdf5",
        validation="<run>/validation_predictions.hdf5",
        properties="<run>/properties.csv",
        guesses="<sample>/property_guesses.hdf5",
        split="<sample>/split.csv",
        table="<results>/tables/properties/<run_name>.csv",
    output:
        report(
            "<results>/figures/properties/<run_name>.svg",
            caption="../workflow/report/properties_figure.rst",
            category="Results",
            labels={"content": "properties", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_properties/<run_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_properties.py"),
    script:
        "../workflow/scripts/figures/plot_properties.py"
