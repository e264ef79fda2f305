"""What each result was made from and how, by digest, for people and for machines.

Parameters: all.
Results: <results>/provenance.json, and with it <results>/ as a Workflow Run RO-Crate: ro-crate-metadata.json and source/
"""

from snakemake.common import __version__ as snakemake_version


localrules:
    write_provenance,
    write_crate,


rule write_provenance:
    """Write down what each result was made from and how."""
    input:
        results_of_all_stages,
    output:
        "<results>/provenance.json",
    log:
        "<logs>/write_provenance.log",
    conda:
        "../envs/report.yaml"
    threads: 8
    params:
        config=config,
        snakemake=snakemake_version,
        # What another experiment keeps is made of what may not be there any more.
        given=KEPT_OF_OTHER,
        code=code_digest("provenance/write_provenance.py"),
    script:
        "../workflow/scripts/provenance/write_provenance.py"


rule write_crate:
    """Describe the directory of the results in the standard form of RO-Crate, with the workflow that made them."""
    input:
        "<results>/provenance.json",
    output:
        metadata="<results>/ro-crate-metadata.json",
        source=directory("<results>/source"),
    log:
        "<logs>/write_crate.log",
    conda:
        "../envs/report.yaml"
    params:
        purposes=lambda wildcards: {rule.name: rule.docstring for rule in workflow.rules},
        code=code_digest("provenance/write_crate.py"),
    script:
        "../workflow/scripts/provenance/write_crate.py"
