"""Whether a dater warns of what is no merger: lone galaxies that were simulated, and images that are none of ours."""

import h5py
import numpy as np
import pandas as pd

from deepgalaxy.dater.dater import Dater, Eye, isolated_images
from deepgalaxy.evaluation.discrimination import area_interval, area_under_curve
from deepgalaxy.evaluation.predictions import apply_temperature, expected_time
from deepgalaxy.observed.preparing import as_observed
from deepgalaxy.observed.strangers import make_strangers
from deepgalaxy.sample.label import NO_MERGER
from deepgalaxy.seeds import derive_seed

STRANGERS = 40
"""Images that are made of each kind."""
MERGERS, LONE, AS_SIMULATED = "test mergers", "lone test galaxies", ", as bright as simulated"
SCORES = ("novelty", "lone_probability", "class")


def measure_novelty(dater: Dater, eye: Eye, test: str, split: pd.DataFrame, seed: int, batch_size: int) -> pd.DataFrame:
    """Return what a dater says of test images, and of images that are none of ours.

    The table has rows for MERGERS and LONE, both as they would be if they had been observed (``as_observed``) and
    AS_SIMULATED, and for the sets of ``make_strangers``. Areas are those of ``area_under_curve`` for SCORES, limits
    those of ``area_interval``, drawn from ``seed``.

    - ``set``: which images: test mergers and lone test galaxies, each as bright as an observed galaxy and as bright as
      simulated, and images that show no galaxy.
    - ``images``, ``simulations``: how many there are; images without a galaxy are of no simulation.
    - ``share_warned``: share of the images that get a warning.
    - ``median_novelty``: median of how unlike the training images they are.
    - ``median_lone_probability``: median of the probability that an image shows a lone galaxy.
    - ``median_error_myr``: median error of the time, of mergers only.
    - ``auc_novelty``, ``auc_lone_probability``: how well either of these tells the set from the test mergers, as the
      area under the curve: 1 is always, 0.5 as by chance. Lone galaxies have a 95 % interval.
    - ``auc_class``: the same by the network's own probability of the class of no merger.
    """
    rows: list[dict] = []
    mergers = pd.DataFrame()
    for observed in (False, True):
        tested = _judge_file(dater, eye, test, batch_size, observed)
        group, lone = split["group"].to_numpy()[tested["row"]], isolated_images(split)[tested["row"]]
        ending = "" if observed else AS_SIMULATED
        mergers = tested[~lone]
        error_myr = {"median_error_myr": float(mergers["error_myr"].median())}
        rows.append(_describe(MERGERS + ending, mergers, len(set(group[~lone]))) | error_myr)
        if lone.any():
            scores: dict[str, float | None] = {}
            for name in SCORES:
                score = tested[name].to_numpy()
                low, high = area_interval(score, lone, group, derive_seed(seed, name))
                area = area_under_curve(score, lone)
                scores |= {f"auc_{name}": area, f"auc_{name}_low": low, f"auc_{name}_high": high}
            rows.append(_describe(LONE + ending, tested[lone], len(set(group[lone]))) | scores)
    for name, strangers in make_strangers(dater.frame, seed, STRANGERS):
        judged = _judge(dater, eye, strangers)
        strange = np.arange(len(judged) + len(mergers)) < len(judged)
        both = pd.concat([judged, mergers], ignore_index=True)
        areas = {f"auc_{one}": area_under_curve(both[one].to_numpy(), strange) for one in SCORES}
        rows.append(_describe(name, judged, None) | areas)
    return pd.DataFrame(rows)


def _judge_file(dater: Dater, eye: Eye, test: str, batch_size: int, observed: bool) -> pd.DataFrame:
    """Return what ``_judge`` does of the images of a prepared file, with their ``row`` and ``error_myr``."""
    parts = []
    with h5py.File(test) as file:
        for start in range(0, len(file["row"]), batch_size):
            batch = slice(start, start + batch_size)
            images = file["images"][batch]
            judged = _judge(dater, eye, as_observed(images, dater.frame) if observed else images)
            parts.append(
                judged.assign(row=file["row"][batch], error_myr=(judged["t_myr"] - file["target_myr"][batch]).abs())
            )
    return pd.concat(parts, ignore_index=True)


def _judge(dater: Dater, eye: Eye, images: np.ndarray) -> pd.DataFrame:
    """Return SCORES of each image, whether there is a warning, and its expected time ``t_myr``."""
    response = eye.look(images)
    novelty = dater.limits.novelty(dater.features.find(response.features).to_merger)
    probabilities = apply_temperature(response.probabilities, dater.temperature)
    lone = dater.lone_probability(response.features)
    known = [None] * len(images) if lone is None else lone
    no_merger = (dater.classes["name"] == NO_MERGER).to_numpy()
    return pd.DataFrame(
        {
            "novelty": novelty,
            "lone_probability": np.full(len(images), np.nan) if lone is None else lone,
            "class": probabilities[:, no_merger].sum(axis=1) if no_merger.any() else np.full(len(images), np.nan),
            "warned": np.array([dater.limits.warning(*pair) != "" for pair in zip(novelty, known)], bool),
            "t_myr": expected_time(probabilities, dater.classes),
        }
    )


def _describe(name: str, judged: pd.DataFrame, simulations: int | None) -> dict:
    """Return the row of a set without its scores."""
    return {
        "set": name,
        "images": len(judged),
        "simulations": simulations,
        "share_warned": judged["warned"].mean(),
        "median_novelty": judged["novelty"].median(),
        "median_lone_probability": judged["lone_probability"].median(),
    }
