"""What the DeepGalaxy paper and its README say, compared with the results of this workflow.

The paper is Cai et al. 2020, DLS 2020, DOI 10.1109/DLS51937.2020.00012; the README and the notebook are those of its
repository, maxwelltsai/DeepGalaxy, at commit b5c353e.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.evaluation.encoder_claims import EncoderTables, judge_encoders
from deepgalaxy.evaluation.folds import whole_samples
from deepgalaxy.evaluation.ranking import NAMES, first_by_validation
from deepgalaxy.evaluation.verdicts import (
    AT_SMALL_SCALE,
    NEEDS_DATASET,
    NEEDS_MACHINE,
    NOT_BORNE_OUT,
    NOT_REPRODUCIBLE,
    REPRODUCED,
    UNDECIDED,
)
from deepgalaxy.scaling.throughput import OURS

PUBLISHED_SIMULATIONS, PUBLISHED_SNAPSHOTS = 36, 71
SPEEDUP_AT_SMALL_SCALE = 1e4
"""How many times as fast as a simulation a network has to be here: a tenth of the paper's figure."""


@dataclass(frozen=True)
class Results:
    """What the claims are compared with.

    ``metrics`` is the table of all runs' scores, ``skill`` that of their comparison with the strongest baselines, rows
    of ``measure_skill``; ``published`` names the datasets that were not simulated here; ``catalogues`` are those of all
    datasets by name; ``scaling`` is the table of the scaling study, and ``model`` those of its models together that can
    tell a constant overhead from latency; ``simulation_seconds`` are the times that simulations of mergers took here,
    and ``inference_seconds`` those that a network took for an image. ``encoders`` are the tables of all encoders.
    """

    metrics: pd.DataFrame
    skill: pd.DataFrame
    published: set[str]
    catalogues: dict[str, pd.DataFrame]
    scaling: pd.DataFrame
    model: pd.DataFrame
    simulation_seconds: list[float]
    inference_seconds: list[float]
    encoders: EncoderTables


def judge_claims(results: Results) -> pd.DataFrame:
    """Return a row for each claim; verdicts are those in ``evaluation.verdicts``.

    - ``claim``, ``source``: what is claimed, and where.
    - ``verdict``: whether the results bear it out.
    - ``evidence``: the figures that the verdict rests on, in words.
    """
    paper, readme = "paper, abstract", "README"
    rows = [
        ("The stage of a merger can be told from an image of it.", paper, *_judge_dating(results)),
        (
            f"The dataset has {PUBLISHED_SIMULATIONS} simulations, each with {CAMERA_COUNT} cameras and"
            f" {PUBLISHED_SNAPSHOTS} snapshots.",
            "the published files",
            *_judge_dataset(results),
        ),
        ("Scaling efficiency is above 0.93 with 128 workers.", paper, *_judge_efficiency(results, 128, 0.93)),
        ("Scaling efficiency is above 0.73 with 512 workers.", paper, *_judge_efficiency(results, 512, 0.73)),
        (
            "A network gives a simulation's answer about 100,000 times as fast.",
            paper,
            *_judge_speedup(results),
        ),
        *(
            (claim, paper, *judged)
            for claim, *judged in judge_encoders(results.encoders, results.skill, results.published)
        ),
        (
            "Four workers train 22.9 to 23.2 images per second each.",
            readme,
            NOT_REPRODUCIBLE,
            "Neither the network nor the hardware is given.",
        ),
        (
            "EfficientNetB7 names the right one of 994 classes for 988 of 994 images of s_1_m_0.5.",
            "notebook",
            NOT_REPRODUCIBLE,
            "It is not stated which images were trained on; upstream's split does not keep these out.",
        ),
    ]
    return pd.DataFrame(rows, columns=["claim", "source", "verdict", "evidence"])


def _judge_dating(results: Results) -> tuple[str, str]:
    """Whether networks beat the baselines, on the published dataset if any was trained on it.

    Of several models on a sample it is the one that is first by validation, with all of its repeats. A run that lacks
    an interval decides nothing, unless another of its intervals speaks against the claim; nor does one that has seen
    test simulations, or may have by weights from elsewhere.
    """
    gains = results.skill[[*NAMES, "median_error_gain_low_myr"]]
    metrics = whole_samples(results.metrics).merge(gains, on=NAMES, how="left")
    sound = metrics[metrics["test_simulations_trained_on"] == 0]
    if sound.empty:
        return UNDECIDED, (
            "All runs of this experiment have seen test simulations, or began with weights of which that is not known;"
            " split by simulation, and begin without such weights, to find out."
        )
    real = sound[sound["dataset"].isin(results.published)]
    runs = first_by_validation(sound if real.empty else real)
    guess, always_median_myr = runs[["chance", "majority_accuracy"]].max(axis=1), runs["baseline_median_error_myr"]
    better = (runs["accuracy_low"] > guess) & (runs["median_error_high_myr"] < always_median_myr)
    strongest = runs["median_error_gain_low_myr"] > 0
    # Where there is no interval, both this and the reverse are false.
    not_better = (runs["accuracy_low"] <= guess) | (runs["median_error_high_myr"] >= always_median_myr)
    not_strongest = runs["median_error_gain_low_myr"] <= 0
    open_runs = ~((better & strongest) | not_better | not_strongest)
    evidence = (
        f"{better.sum()} of {len(runs)} runs beat, by their 95 % intervals, chance, the most frequent class and the"
        f" median time on simulations not trained on; mean accuracy {runs['accuracy'].mean():.2f} (chance"
        f" {runs['chance'].mean():.2f}), median error {runs['median_error_myr'].mean():.0f} Myr (median time:"
        f" {runs['baseline_median_error_myr'].mean():.0f} Myr), of times from the"
        f" {' or the '.join(runs['counts_from'].unique())}. By the interval of the gain, {strongest.sum()} of"
        f" {len(runs)} runs beat the strongest baseline."
    )
    if open_runs.any():
        evidence += (
            f" {open_runs.sum()} of them lack an interval, for which two test simulations are needed that differ."
        )
    if len(runs) < len(sound if real.empty else real):
        evidence += (
            " Of the models on a sample, these are the runs of the one with the lowest loss on validation images."
        )
    if (not_better | not_strongest).any():
        return NOT_BORNE_OUT, evidence
    if open_runs.any():
        return UNDECIDED, evidence
    return (AT_SMALL_SCALE if real.empty else REPRODUCED), evidence


def _judge_dataset(results: Results) -> tuple[str, str]:
    """Whether a published file holds what is said of it."""
    published = {name: table for name, table in results.catalogues.items() if name in results.published}
    if not published:
        return NEEDS_DATASET, "All datasets of this experiment are simulated here, in the same layout."
    complete, counts = [], []
    for name, table in published.items():
        snapshots = table["snapshots"].dropna().unique().tolist()
        groups, cameras = table["group"].nunique(), table["camera"].nunique()
        complete.append((groups, cameras, snapshots) == (PUBLISHED_SIMULATIONS, CAMERA_COUNT, [PUBLISHED_SNAPSHOTS]))
        counts.append(f"{name}: {groups} simulations, {cameras} cameras, {'/'.join(map(str, snapshots))} snapshots")
    return (REPRODUCED if all(complete) else NOT_BORNE_OUT), "; ".join(counts) + "."


def _judge_efficiency(results: Results, workers: int, efficiency: float) -> tuple[str, str]:
    """Whether the efficiency of weak scaling is above a limit at a number of workers, if so many were measured."""
    ours = (results.scaling["source"] == OURS) & (results.scaling["kind"] == "weak")
    measured = results.scaling[ours & (results.scaling["workers"] > 1)].dropna(subset=["efficiency"])
    predicted = [
        f"the model predicts {row.efficiency:.2f} ({row.efficiency_low:.2f} to {row.efficiency_high:.2f})"
        f" for {row.model}"
        for row in results.model[results.model["workers"] == workers].itertuples()
    ]
    there = measured[measured["workers"] == workers]
    if there.empty:
        largest = measured.sort_values("workers").tail(1)
        most = [f"{row.efficiency:.2f} with {row.workers}, the most measured here" for row in largest.itertuples()]
        return NEEDS_MACHINE, "; ".join([*most, *predicted] or ["No scaling was measured here"]) + "."
    evidence = ", ".join(f"{row.efficiency:.2f} for {row.model}" for row in there.itertuples()) + "."
    return (REPRODUCED if (there["efficiency"] > efficiency).all() else NOT_BORNE_OUT), evidence


def _judge_speedup(results: Results) -> tuple[str, str]:
    """How much faster a network is than a simulation of this workflow."""
    if not results.simulation_seconds:
        return NOT_REPRODUCIBLE, "How long the simulations of the published dataset took is not stated."
    simulation, inference = np.median(results.simulation_seconds), np.median(results.inference_seconds)
    evidence = (
        f"{simulation:.0f} s to simulate a merger here and {1000 * inference:.1f} ms to classify an image, both medians"
        f" of wall time with the start of the program: {simulation / inference:,.0f} times as fast. Mergers of the"
        f" paper have more particles and take longer to simulate; here, {SPEEDUP_AT_SMALL_SCALE:,.0f} times count as"
        f" {AT_SMALL_SCALE}."
    )
    return (AT_SMALL_SCALE if simulation / inference > SPEEDUP_AT_SMALL_SCALE else NOT_BORNE_OUT), evidence
