"""The learning rate of each update."""

import math

from deepgalaxy.planning.combinations import LINEAR_IS_FOR_SGD
from deepgalaxy.training.options import TrainingOptions


def scaled_rate(options: TrainingOptions, workers: int) -> float:
    """Return the learning rate for ``workers``, with k times the images of one worker's batch to an update.

    The linear rule, k times the rate (Goyal et al. 2017, arXiv 1706.02677), is derived for SGD; the square root keeps
    the variance of an update (Krizhevsky 2014, arXiv 1404.5997). Raises ValueError for the linear rule with an
    optimizer that scales its steps itself, such as Adadelta.
    """
    k = workers * options.gradient_accumulation
    if options.learning_rate_scaling == "linear":
        if options.optimizer.lower() != "sgd":
            raise ValueError(LINEAR_IS_FOR_SGD.format(options.optimizer))
        return options.learning_rate * k
    return options.learning_rate * (math.sqrt(k) if options.learning_rate_scaling == "sqrt" else 1)


def learning_rate(options: TrainingOptions, workers: int, update: int, updates_per_epoch: int) -> float:
    """Return the rate of ``update``, counted from 0: a linear rise from 0 in the warm-up, then the schedule.

    The cosine falls from the full rate to 0 at the end of the last epoch (Loshchilov & Hutter 2017, arXiv 1608.03983).
    """
    peak = scaled_rate(options, workers)
    warmup = options.warmup_epochs * updates_per_epoch
    if update < warmup:
        return peak * (update + 1) / (warmup + 1)
    if options.learning_rate_schedule == "constant":
        return peak
    remaining = options.epochs * updates_per_epoch - warmup
    return peak * 0.5 * (1 + math.cos(math.pi * (update - warmup) / max(1, remaining)))
