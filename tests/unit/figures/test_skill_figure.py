"""The networks beside all baselines, as they are drawn."""

import numpy as np
import pandas as pd

from deepgalaxy.figures.skill import plot_skill
from deepgalaxy.figures.style import BLUE, GREEN, GREY, ORANGE

RUN = {"dataset": "d", "sample": "s", "fold": None, "counts_from": "first pericentre", "model": "cnn", "workers": 2}


def scores(error_myr, accuracy, limits=True):
    low, high = (-5, 5) if limits else (np.nan, np.nan)
    return {
        "median_error_myr": error_myr,
        "median_error_low_myr": error_myr + low,
        "median_error_high_myr": error_myr + high,
        "accuracy": accuracy,
        "accuracy_low": accuracy + low / 100,
        "accuracy_high": accuracy + high / 100,
        "median_error_floor_myr": 7.5,
    }


METRICS = pd.DataFrame(
    [
        RUN | {"repeat": 0} | scores(14.0, 0.6),
        RUN | {"repeat": 1, "workers": 1} | scores(16.0, 0.55, limits=False),
        RUN | {"repeat": 0, "sample": "other"} | scores(99.0, 0.1),
    ]
)
SKILL = METRICS[["dataset", "sample", "fold"]].assign(baseline=["pixels_turned", "pixels_turned", "linear"])
BASELINES = pd.DataFrame(
    [{"baseline": "majority"} | scores(110.0, 0.1), {"baseline": "pixels_turned"} | scores(38.0, 0.37)]
)


def test_runs_stand_above_baselines_with_their_intervals(drawn):
    error, accuracy = drawn(plot_skill, METRICS, SKILL, BASELINES, "d/s").axes
    names = ["cnn, 2 workers, repeat 0", "cnn, 1 worker, repeat 1", "majority", "pixels turned (strongest)"]
    assert [label.get_text() for label in error.get_yticklabels()] == names
    assert error.get_ylim()[0] > error.get_ylim()[1]
    assert error.get_xlabel().startswith("median error of the time since the first pericentre (Myr)")
    assert "median error" in error.get_xlabel() and "accuracy" in accuracy.get_xlabel()
    (floor,) = (line for line in error.lines if line.get_color() == GREEN)
    assert set(floor.get_xdata()) == {7.5}
    for panel, values, width in ((error, [14, 16, 110, 38], 10), (accuracy, [0.6, 0.55, 0.1, 0.37], 0.1)):
        points = [line for line in panel.lines if line.get_marker() == "o"]
        assert [point.get_xdata()[0] for point in points] == values
        assert [point.get_color() for point in points] == [BLUE, BLUE, GREY, ORANGE]
        bars = [line for line in panel.lines if line.get_lw() == 2]
        assert len(bars) == 3  # one run has no interval
        np.testing.assert_allclose([np.ptp(bar.get_xdata()) for bar in bars], width)


def test_a_fold_is_told_from_its_sample(drawn):
    metrics, skill = (table.assign(fold=["1", "all", None]) for table in (METRICS, SKILL))
    error, _ = drawn(plot_skill, metrics, skill, BASELINES, "d/s/fold~all").axes
    first, *baselines = error.get_yticklabels()
    assert first.get_text() == "cnn, 1 worker, repeat 1" and len(baselines) == 2
