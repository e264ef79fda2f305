"""Figures by which the report tells its story: which mergers there are, and what a network says of each of their images.

Results: <results>/figures/parameters/, timeline/, movie/ and dates/
"""

from deepgalaxy.folds import ALL_FOLDS


localrules:
    plot_parameters,
    plot_timeline,
    plot_movie,
    plot_dates,


def tested_files(wildcards):
    """Return the prepared files of the test images of a sample; of all folds together, that of each fold."""
    sample, fold = parse_fold(wildcards.sample)
    names = fold_names(config, sample) if fold == ALL_FOLDS else [wildcards.sample]
    return [f"<results>/samples/{wildcards.dataset}/{name}/test.hdf5" for name in names]


rule plot_parameters:
    """Draw the ratios, orbits and spins of the mergers of a sample, by split."""
    input:
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/figures/parameters/{dataset}/{sample}.svg",
            caption="../workflow/report/parameters.rst",
            category="Dataset",
            labels={"content": "parameters of the mergers of {sample}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_parameters/{dataset}/{sample}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_parameters.py"),
    script:
        "../workflow/scripts/figures/plot_parameters.py"


rule plot_timeline:
    """Draw one tested merger through time, and what a network says of the time at each moment."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/figures/timeline/<scored_name>.png",
            caption="../workflow/report/timeline.rst",
            category="Results",
            labels={"content": "a merger through time", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_timeline/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_timeline.py"),
    script:
        "../workflow/scripts/figures/plot_timeline.py"


rule plot_movie:
    """Show one tested merger through time, and what a network says of the time at each moment, as a movie."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        subset=subset_file,
    output:
        report(
            "<results>/figures/movie/<scored_name>.webp",
            caption="../workflow/report/movie.rst",
            category="Results",
            labels={"content": "movie of a merger", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_movie/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_movie.py"),
    script:
        "../workflow/scripts/figures/plot_movie.py"


rule plot_dates:
    """Draw the expected against the true time of each test image, each with the image for whoever points at it."""
    input:
        predictions="<scored>/predictions.hdf5",
        classes="<scored>/classes.csv",
        split="<sample>/split.csv",
        prepared=tested_files,
    output:
        report(
            "<results>/figures/dates/<scored_name>.svg",
            caption="../workflow/report/dates.rst",
            category="Results",
            labels={"content": "expected and true times", **RUN_LABELS},
        ),
    log:
        "<logs>/plot_dates/<scored_name>.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("figures/plot_dates.py"),
    script:
        "../workflow/scripts/figures/plot_dates.py"
