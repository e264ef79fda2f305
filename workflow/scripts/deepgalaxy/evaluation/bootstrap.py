"""Intervals of statistics over simulations."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

RESAMPLES = 1000
"""Samples of the bootstrap; its 95 % limits then scatter by a few per cent of their distance."""


def resampled_interval(
    statistic: Callable, values: np.ndarray, group: np.ndarray, seed: int
) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval (percentiles) of a statistic of ``values``, resampling whole groups.

    ``values`` has one for each image, (n,), or several that stay together, (n, m), as to compare two models.
    Images of one simulation are not independent evidence, so simulations are drawn rather than images. Both limits are
    None if there is only one group, or if the statistic of nearly all samples is the same: groups that agree do not
    show how much others may differ.
    """
    which = pd.factorize(group, sort=True)[0]
    groups = np.split(values[np.argsort(which, kind="stable")], np.cumsum(np.bincount(which))[:-1])
    if len(groups) == 1:
        return None, None

    def of_groups(drawn: np.ndarray) -> float:
        return statistic(np.concatenate([groups[index] for index in drawn]))

    return percentile_interval(of_groups, [len(groups)], seed)


def percentile_interval(
    statistic: Callable[..., float], counts: Sequence[int], seed: int
) -> tuple[float | None, float | None]:
    """Return the 95 % bootstrap interval (percentiles) of a ``statistic`` of the places that are drawn of each of some
    lists, whose lengths are ``counts``; both limits are None if the statistic of nearly all samples is the same."""
    from scipy.stats import bootstrap  # whose import takes long

    places = tuple(map(np.arange, counts))
    found = bootstrap(places, statistic, n_resamples=RESAMPLES, vectorized=False, method="percentile", rng=seed)
    low, high = map(float, found.confidence_interval)
    return (None, None) if np.isclose(low, high) else (low, high)
