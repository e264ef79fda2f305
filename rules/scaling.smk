"""How training scales with the number of workers.

Parameters: `experiment`.
Results: <results>/tables/throughput.csv, scaling.csv and <results>/figures/scaling/
"""


localrules:
    tabulate_throughput,
    tabulate_scaling,
    plot_scaling,


rule tabulate_throughput:
    """Collect the training throughput of all runs in one table."""
    input:
        for_all_runs("<results>/models/{run}/epochs.jsonl"),
    output:
        report(
            "<results>/tables/throughput.csv",
            caption="../workflow/report/throughput.rst",
            category="Throughput",
            labels={"content": "throughput of all runs"},
        ),
    log:
        "<logs>/tabulate_throughput.log",
    conda:
        "../envs/report.yaml"
    params:
        runs=RUNS,
        code=code_digest("tabulate_throughput.py"),
    script:
        "../workflow/scripts/tabulate_throughput.py"


rule tabulate_scaling:
    """Compare the throughput of different numbers of workers."""
    input:
        "<results>/tables/throughput.csv",
    output:
        report(
            "<results>/tables/scaling.csv",
            caption="../workflow/report/scaling.rst",
            category="Throughput",
            labels={"content": "scaling"},
        ),
    log:
        "<logs>/tabulate_scaling.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("tabulate_scaling.py"),
    script:
        "../workflow/scripts/tabulate_scaling.py"


rule plot_scaling:
    """Draw how one model's training scales."""
    input:
        "<results>/tables/scaling.csv",
    output:
        report(
            "<results>/figures/scaling/{dataset}/{sample,\w+}/{model,\w+}.svg",
            caption="../workflow/report/scaling.rst",
            category="Throughput",
            labels={"content": "scaling of {model}", "dataset": "{dataset}"},
        ),
    log:
        "<logs>/plot_scaling/{dataset}/{sample}/{model}.log",
    conda:
        "../envs/report.yaml"
    params:
        code=code_digest("plot_scaling.py"),
    script:
        "../workflow/scripts/plot_scaling.py"
