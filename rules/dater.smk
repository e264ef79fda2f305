"""A trained network with all that it takes to date an image, in one file, and whether it knows what is none of its own.

Parameters: `seed`.
Results: <run>/dater.zip, and <results>/tables/novelty/
"""


rule pack_dater:
    """Pack a trained model, its calibration, and its features of what it was trained on, into one file to take away."""
    input:
        model="<run>/model.keras",
        training="<run>/training.json",
        classes="<run>/classes.csv",
        metrics="<run>/metrics.json",
        predictions="<run>/predictions.hdf5",
        validation_predictions="<run>/validation_predictions.hdf5",
        properties="<run>/properties.csv",
        property_scores=scores_of_properties,
        baselines="<sample>/baselines.hdf5",
        split="<sample>/split.csv",
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
    output:
        "<run>/dater.zip",
    log:
        "<logs>/pack_dater/<run_name>.log",
    benchmark:
        "<benchmarks>/pack_dater/<run_name>.tsv"
    conda:
        "../envs/observe.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: cores(2)
    resources:
        mem_mb=megabytes_of_network("to_predict", beside=1000),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60 * config["prediction"]["turns"]),
    params:
        run=lambda wildcards: dict(wildcards.items()),
        name=lambda wildcards: EXPERIMENT_RUN.format(**wildcards),
        licence=lambda wildcards: settings("datasets/{dataset}")(wildcards).get("licence", "MIT, simulated here"),
        seed=stage_seed("skill"),
        code=code_digest("dater/pack_dater.py"),
    script:
        "../workflow/scripts/dater/pack_dater.py"


rule measure_novelty:
    """Measure how well a dater tells lone galaxies from mergers, and of which images that are none of ours it warns."""
    input:
        dater="<run>/dater.zip",
        test="<sample>/test.hdf5",
        training="<run>/training.json",
        split="<sample>/split.csv",
    output:
        report(
            "<results>/tables/novelty/<run_name>.csv",
            caption="../workflow/report/novelty.rst",
            category="Results",
            labels={"content": "novelty", **RUN_LABELS},
        ),
    log:
        "<logs>/measure_novelty/<run_name>.log",
    benchmark:
        "<benchmarks>/measure_novelty/<run_name>.tsv"
    conda:
        "../envs/observe.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: cores(2)
    resources:
        mem_mb=megabytes_of_network("to_predict", beside=1000),
        image_memory_mib=MACHINE["memory_budget_mib"],
        runtime=minutes(10, per_gb=60 * config["prediction"]["turns"]),
    params:
        seed=stage_seed("novelty"),
        code=code_digest("dater/measure_novelty.py"),
    script:
        "../workflow/scripts/dater/measure_novelty.py"
