"""How far the times of observed mergers agree with published ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from deepgalaxy.evaluation.bootstrap import resampled_interval
from deepgalaxy.observed.listing import shown_name
from deepgalaxy.observed.reference import PublishedTime

FEWEST = 5
"""Systems from which on a rank correlation and intervals are given: of fewer, many resamples are of one system only."""


def compare_with_reference(observed: pd.DataFrame, reference: Sequence[PublishedTime]) -> pd.DataFrame:
    """Return a row for each published time, in their order, with what a network says of that image.

    ``observed`` is the table of ``tabulate_observed``, whose times count from the first pericentre. What is said of an
    image is empty where it was not dated.

    - ``file``, ``source``, ``published_myr``: the image, who published its time, and that time, since the first
      pericentre.
    - ``expected_myr``, ``low_myr``, ``high_myr``, ``novelty``, ``warning``: what the network says of the image, as in
      the table of observed images.
    - ``difference_myr``: expected minus published time.
    - ``within``: whether the published time is between low and high.
    - ``reason``: why the image was not dated, if it was not.
    """
    by_file = {row["file"]: row for row in observed.to_dict("records")}
    rows = []
    for published in reference:
        name = shown_name(published.file)
        row = {"file": name, "source": published.source, "published_myr": published.myr}
        found = by_file.get(name)
        if found is None:
            row["reason"] = f"{name} is not among the observed images; put it into their directory."
        elif not found["used"] or pd.isna(found["expected_myr"]):
            row["reason"] = f"{name} was not dated. {'' if pd.isna(found['reason']) else found['reason']}".strip()
        else:
            row |= {column: found[column] for column in ("expected_myr", "low_myr", "high_myr", "novelty", "warning")}
            row["difference_myr"] = found["expected_myr"] - published.myr
            row["within"] = bool(found["low_myr"] <= published.myr <= found["high_myr"])
        rows.append(row)
    columns = ["file", "source", "published_myr", "expected_myr", "low_myr", "high_myr", "difference_myr", "within"]
    return pd.DataFrame(rows, columns=[*columns, "novelty", "warning", "reason"])


def summarise_agreement(compared: pd.DataFrame, training_median_myr: float, seed: int) -> dict[str, float | int | None]:
    """Return how well a network's times agree with the published ones of a table of ``compare_with_reference``.

    ``training_median_myr`` is the median time of the training images. Intervals are by bootstrap over the systems,
    drawn from ``seed``.

    - ``published``, ``dated``: how many times are published, and how many of these images were dated.
    - ``rank_correlation``: Spearman's, of expected and published times, with a 95 % interval; empty for fewer than
      FEWEST systems, 0 if all times are the same.
    - ``median_difference_myr``: median absolute difference of expected and published times, with a 95 % interval.
    - ``training_median_difference_myr``: the same if the median time of the training images is always given, which a
      network has to beat.
    - ``within``: how many published times lie in the 68 % interval.
    """
    dated = compared[compared["expected_myr"].notna()]
    times = dated[["expected_myr", "published_myr"]].to_numpy(float)
    summary: dict[str, float | int | None] = {"published": len(compared), "dated": len(dated)}
    for name, unit, statistic in (
        ("rank_correlation", "", rank_correlation),
        ("median_difference", "_myr", lambda pairs: float(np.median(np.abs(pairs[:, 0] - pairs[:, 1])))),
    ):
        enough = len(dated) >= FEWEST
        value = statistic(times) if enough or (len(dated) and unit) else None
        limits = resampled_interval(statistic, times, np.arange(len(times)), seed) if enough else (None, None)
        summary |= {name + unit: value, f"{name}_low{unit}": limits[0], f"{name}_high{unit}": limits[1]}
    guess = np.abs(times[:, 1] - training_median_myr)
    summary["training_median_difference_myr"] = float(np.median(guess)) if len(dated) else None
    return summary | {"within": int(dated["within"].sum())}


def rank_correlation(pairs: np.ndarray) -> float:
    """Return Spearman's rank correlation of pairs (n, 2), 0 if all values of one kind are the same."""
    ranks = rankdata(pairs, axis=0)
    spread = ranks.std(axis=0).prod()
    return float(np.prod(ranks - ranks.mean(axis=0), axis=1).mean() / spread) if spread else 0.0
