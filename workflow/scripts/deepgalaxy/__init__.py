"""Dating galaxy mergers from images: simulation, data path, training, evaluation and report.

Nothing in this package knows of Snakemake; the thin scripts beside it connect its functions to the rules.
"""
