"""What there is to say of a dater to someone who gets it: made of what, how good, and where it fails."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepgalaxy.dater.dater import isolated_images
from deepgalaxy.dater.properties import describe_properties
from deepgalaxy.evaluation.baseline_predictions import read_baselines
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.evaluation.skill import measure_skill
from deepgalaxy.files import read_json
from deepgalaxy.observed.preparing import Frame

LIMITS = """\
- Times are those of simulations of stars and dark matter, without gas, dust and star formation, on orbits like those
  that were drawn. Whether a real merger is like these, the model cannot know: look at its neighbours in the table.
- A warning means that the time should not be trusted. No warning does not mean that it can be.
- Intervals are calibrated on mergers that the network was not trained on, not on real ones.
- How bright an observed image is says nothing, so that all are made alike; the table of novelty of the run says how
  well test images are dated that were treated likewise.
- A wrong scale moves the time: give the redshift or kpc_per_pixel wherever it is known.
"""
LICENCE = "MIT, as the workflow that made it; what it was trained on has the licence that the data set states: {}."


def card_of(files: Mapping[str, Any], run: dict[str, Any], frame: Frame, licence: str, seed: int) -> str:
    """Return the card (``write_card``) of the ``run`` that has left some ``files``: predictions, baselines, classes,
    split, metrics, and property_scores, a list of one table or none. ``seed`` is that of its skill."""
    split = pd.read_csv(files["split"])
    predicted, classes = Predictions.read(files["predictions"]), pd.read_csv(files["classes"])
    skill = measure_skill(predicted, read_baselines(files["baselines"]), classes, split, seed)
    scores = pd.read_csv(files["property_scores"][0]) if files["property_scores"] else None
    return write_card(run, read_json(files["metrics"]), skill, split, frame, licence, scores)


def write_card(
    run: dict[str, Any],
    metrics: dict[str, Any],
    skill: dict[str, Any],
    split: pd.DataFrame,
    frame: Frame,
    licence: str,
    properties: pd.DataFrame | None = None,
) -> str:
    """Return the card of a run, as Markdown.

    ``run`` is what tells it from others, ``metrics`` are its own (``score_predictions``), and ``skill`` is how it
    compares with the strongest of its baselines (``measure_skill``), both on the test images; ``properties`` is the
    table of ``tabulate_properties``, if the network predicts any.
    """
    title = "/".join(str(value) for value in run.values() if value not in (None, ""))
    field = "not known" if frame.half_width_kpc is None else f"{2 * frame.half_width_kpc:g} kpc across"
    return "\n".join(
        [
            f"# {title}",
            "",
            "A network that dates galaxy mergers from images: `deepgalaxy date dater.zip images/ -o times.csv`.",
            "",
            "## Trained on",
            "",
            *(f"- {line}" for line in _describe_split(split)),
            f"- Images: {frame.pixels} × {frame.pixels} pixels, {frame.dtype}, a {frame.shape}; field: {field}.",
            "",
            "## On test images of simulations that it was not trained on",
            "",
            "| | network | strongest baseline |",
            "|---|---|---|",
            f"| median error of the time, Myr | {_number(metrics, 'median_error_myr', 1)}"
            f" | {skill['strongest_median_error_myr']:.1f} |",
            f"| accuracy | {_number(metrics, 'accuracy', 3)} | {skill['strongest_accuracy']:.3f} |",
            f"| share of times in the middle 68 % | {metrics['coverage_68']:.2f} | |",
            "",
            f"Times count from the {skill['counts_from']}; intervals are of 95 % over"
            f" {metrics['test_simulations']} simulations. {skill['verdict']}",
            "",
            *(["## Properties", "", *describe_properties(properties), ""] if properties is not None else []),
            "## Limits",
            "",
            LIMITS,
            "## Licence",
            "",
            LICENCE.format(licence),
            "",
        ]
    )


def _describe_split(split: pd.DataFrame) -> list[str]:
    """Return how many images and simulations each split has, in words."""
    lines = []
    isolated = isolated_images(split)
    for name in ("train", "validation", "test"):
        chosen = split["split"] == name
        mergers, lone = (split.loc[chosen & kind, "group"].nunique() for kind in (~isolated, isolated))
        lines.append(f"{name}: {chosen.sum():,} images of {mergers} mergers and {lone} lone galaxies.")
    return lines


def _number(metrics: dict[str, Any], name: str, digits: int) -> str:
    """Return a metric with its interval, if it has one."""
    stem, _, unit = name.rpartition("_") if name.endswith("_myr") else (name, "", "")
    low, high = (metrics.get(f"{stem}_{limit}{'_myr' if unit else ''}") for limit in ("low", "high"))
    interval = "" if low is None or high is None else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{metrics[name]:.{digits}f}{interval}"
