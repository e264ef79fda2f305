"""The names of experiments in paths."""


def experiment_directory(results: str, name: str) -> str:
    """Return where an experiment leaves what it says of all its runs together; ``results`` is where one without a name
    does.

    >>> experiment_directory("results", "wide"), experiment_directory("results", "")
    ('results/experiments/wide', 'results')
    """
    return f"{results}/experiments/{name}" if name else results
