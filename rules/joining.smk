"""What several runs predict, as one.

What all folds of a sample predict is joined, under the name of a fold `all`; the predictions of all repeats are averaged, under that
of a repeat `ensemble`.
Results: <run>/predictions.hdf5, validation_predictions.hdf5 and classes.csv
"""

from deepgalaxy.folds import ENSEMBLE


pathvars:
    ensemble_name=constrain(EXPERIMENT_RUN.replace("{repeat}", ENSEMBLE)),
    joined_name=constrain(EXPERIMENT_RUN.replace("{sample}", "{sample}/fold~all")),


localrules:
    join_splits,
    join_predictions,
    average_repeats,


# These names of folds fit what both write.
ruleorder: join_splits > split_images
ruleorder: join_predictions > predict_images
ruleorder: join_predictions > train_model


rule join_splits:
    """Join the split tables of all folds of a sample."""
    input:
        of_folds("<results>/samples/{dataset}/{fold}/split.csv"),
    output:
        "<results>/samples/{dataset}/{sample,\w+}/fold~all/split.csv",
    log:
        "<logs>/join_splits/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("evaluation/join_splits.py"),
    script:
        "../workflow/scripts/evaluation/join_splits.py"


rule join_predictions:
    """Join what the runs of all folds of a sample predict: each unit is tested once."""
    input:
        test=of_folds("<results>/models/{dataset}/{fold}/{model}/workers~{workers}/repeat~{repeat}/predictions.hdf5"),
        validation=of_folds(
            "<results>/models/{dataset}/{fold}/{model}/workers~{workers}/repeat~{repeat}/validation_predictions.hdf5"
        ),
        classes=of_folds("<results>/samples/{dataset}/{fold}/classes.csv"),
        split="<results>/samples/{dataset}/{sample}/fold~all/split.csv",
    output:
        test="<results>/models/<joined_name>/predictions.hdf5",
        validation="<results>/models/<joined_name>/validation_predictions.hdf5",
        classes="<results>/models/<joined_name>/classes.csv",
    log:
        "<logs>/join_predictions/<joined_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("evaluation/join_predictions.py"),
    script:
        "../workflow/scripts/evaluation/join_predictions.py"


rule average_repeats:
    """Average what all repeats of a run predict: an ensemble of networks."""
    input:
        test=of_repeats("predictions.hdf5"),
        validation=of_repeats("validation_predictions.hdf5"),
        classes=of_repeats("classes.csv"),
    output:
        test="<results>/models/<ensemble_name>/predictions.hdf5",
        validation="<results>/models/<ensemble_name>/validation_predictions.hdf5",
        classes="<results>/models/<ensemble_name>/classes.csv",
    log:
        "<logs>/average_repeats/<ensemble_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("evaluation/average_repeats.py"),
    script:
        "../workflow/scripts/evaluation/average_repeats.py"
