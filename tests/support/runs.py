"""The runs of the tiny configuration, as their results are named."""

from deepgalaxy.planning.runs import EXPERIMENT_RUN, STUDY_RUN

MODELS = "tiny/four_stages/reference_cnn"
"""Its dataset, sample and model."""

TINY = dict(zip(("dataset", "sample", "model"), MODELS.split("/")))


def tiny_run(workers=2, repeat=0):
    """The name of a run of its experiment."""
    return EXPERIMENT_RUN.format(**TINY, workers=workers, repeat=repeat)


def tiny_study_run(workers, batch=8):
    """The name of a run of its scaling study."""
    return STUDY_RUN.format(**TINY, workers=workers, batch=batch)
