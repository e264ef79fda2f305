"""Sweeps: options of a model in several values, every combination trained, and one of them chosen by validation.

A combination is trained as a model of its own, `<model>/sweep~<digest>` (deepgalaxy.planning.sweeps). The runs under the
model's own name are those of the one that is chosen, for each sample or fold and each number of workers.
Parameters: `models: <model>: sweep`, `experiment: sweeps`.
Results: <results>/tables/sweeps/, <results>/figures/sweep/, and <run>/ of the models that have a sweep
"""


pathvars:
    sweep_name=constrain(STUDY_NAME),
    # Of models that have a sweep, under their own names.
    chosen_name=constrain(EXPERIMENT_RUN).replace(constrain("{model}"), f"{{model,{'|'.join(SWEPT) or '(?!)'}}}"),


localrules:
    choose_of_sweep,
    take_chosen,
    plot_sweep,


ruleorder: take_chosen > train_model
ruleorder: join_predictions > take_chosen


checkpoint choose_of_sweep:
    """Choose among the combinations of a model's sweep, by the loss on the validation images."""
    input:
        epochs=files_of_sweep("epochs.jsonl"),
        training=files_of_sweep("training.json"),
    output:
        report(
            "<results>/tables/sweeps/<sweep_name>.csv",
            caption="../workflow/report/sweep.rst",
            category="Training",
            labels={"content": "sweep of {model}", "sample": "{sample}"},
        ),
    log:
        "<logs>/choose_of_sweep/<sweep_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=runs_of_sweep,
        options=values_of_sweep,
        code=code_digest("training/choose_of_sweep.py"),
    script:
        "../workflow/scripts/training/choose_of_sweep.py"


rule take_chosen:
    """Let a model that has a sweep be what is chosen of it."""
    input:
        model=of_chosen("model.keras"),
        classes=of_chosen("classes.csv"),
        properties=of_chosen("properties.csv"),
        epochs=of_chosen("epochs.jsonl"),
        train_log=of_chosen("train_log.txt"),
        training=of_chosen("training.json"),
    output:
        model="<results>/models/<chosen_name>/model.keras",
        classes="<results>/models/<chosen_name>/classes.csv",
        properties="<results>/models/<chosen_name>/properties.csv",
        epochs="<results>/models/<chosen_name>/epochs.jsonl",
        train_log="<results>/models/<chosen_name>/train_log.txt",
        training="<results>/models/<chosen_name>/training.json",
    log:
        "<logs>/take_chosen/<chosen_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("training/take_chosen.py"),
    script:
        "../workflow/scripts/training/take_chosen.py"


rule plot_sweep:
    """Draw the combinations of a model's sweep by their loss on the validation images."""
    input:
        "<results>/tables/sweeps/<sweep_name>.csv",
    output:
        report(
            "<results>/figures/sweep/<sweep_name>.svg",
            caption="../workflow/report/sweep.rst",
            category="Training",
            labels={"content": "sweep of {model}", "sample": "{sample}"},
        ),
    log:
        "<logs>/plot_sweep/<sweep_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_sweep.py"),
    script:
        "../workflow/scripts/figures/plot_sweep.py"
