"""What is drawn of a scaling study, of old logs and of what others have published."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from deepgalaxy.figures.scaling import plot_scaling
from deepgalaxy.scaling.published_points import read_published_points
from deepgalaxy.scaling.throughput import OURS, PARTS, scaling_table

PUBLISHED = read_published_points()
WORKERS = [1, 2, 512]
MODEL = pd.DataFrame(
    {"workers": WORKERS}
    | {
        f"images_per_second{limit}": [scale * p for p in WORKERS]
        for limit, scale in (("", 9), ("_low", 8), ("_high", 10))
    }
    | {f"efficiency{limit}": [scale] * 3 for limit, scale in (("", 0.9), ("_low", 0.8), ("_high", 1.0))}
)


def study(workers, *speeds, kinds=("weak",), batch_size=8):
    about = {"dataset": "d", "sample": "s", "model": "m", "source": OURS, "kinds": kinds, "workers": workers}
    parts = {"compute_seconds": 4, "input_seconds": 1, "exchange_seconds": 2, "validation_seconds": 3}
    return [about | parts | {"batch_size": batch_size, "images_per_second": speed} for speed in speeds]


@pytest.fixture
def figure(drawn):
    """The figure of runs of both kinds, an old log, a model and the published points."""
    log = [{"source": "old cluster", "kinds": [None], "workers": 4, "images_per_second": 92.0}]
    strong = study(2, 15, kinds=("strong",), batch_size=4)
    table = scaling_table(study(1, 9, 10, 11, kinds=("weak", "strong")) + study(2, 18, 19, 20) + strong + log)
    return drawn(plot_scaling, table, PUBLISHED, MODEL)


def bars_of(axes):
    """What is drawn with error bars: its points by label."""
    found = [item for item in axes.containers if isinstance(item, ErrorbarContainer)]
    return {item.get_label(): item.lines[0].get_xydata() for item in found}


def line(axes, label):
    (found,) = [found for found in axes.lines if found.get_label() == label]
    return found.get_xydata()


def test_throughput_and_efficiency_are_drawn_against_the_workers(figure):
    left, middle, _ = figure.axes
    assert (left.get_xlabel(), left.get_ylabel()) == ("workers", "images per second")
    assert (middle.get_xlabel(), middle.get_ylabel()) == ("workers", "efficiency")
    assert (left.get_xscale(), left.get_yscale(), middle.get_yscale()) == ("log", "log", "linear")
    for axes, weak, strong, log in (
        (left, [[1, 10], [2, 19]], [[1, 10], [2, 15]], [[4, 92]]),
        (middle, [[1, 1], [2, 0.95]], [[1, 1], [2, 0.75]], [[4, np.nan]]),
    ):
        points = bars_of(axes)
        assert list(points) == [f"{OURS}, weak scaling", f"{OURS}, strong scaling", "old cluster"]
        for found, expected in zip(points.values(), (weak, strong, log)):
            np.testing.assert_allclose(found, expected)
    predicted = "predicted by the model, weak scaling, 95 % band"
    np.testing.assert_allclose(line(left, predicted), [[1, 9], [2, 18], [512, 9 * 512]])
    np.testing.assert_allclose(line(middle, predicted), [[1, 0.9], [2, 0.9], [512, 0.9]])
    np.testing.assert_allclose(line(left, "ideal"), [[1, 10], [512, 5120]])


def test_published_points_are_drawn_with_their_labels(figure):
    for axes, quantity in zip(figure.axes, ("images_per_second", "efficiency")):
        for label, rows in PUBLISHED.groupby("label"):
            np.testing.assert_allclose(line(axes, label), rows[["workers", quantity]])
    (legend,) = figure.legends
    entries = [text.get_text() for text in legend.get_texts()]
    assert entries[:3] == [f"{OURS}, weak scaling", f"{OURS}, strong scaling", "old cluster"]
    assert set(entries[3:]) == {"ideal", "predicted by the model, weak scaling, 95 % band", *PUBLISHED["label"]}


def test_the_parts_of_an_epoch_add_up(figure):
    parts = figure.axes[2]
    assert (parts.get_xlabel(), parts.get_ylabel()) == ("workers", "share of an epoch's time")
    assert [label.get_text() for label in parts.get_xticklabels()] == ["1\n", "2\nweak", "2\nstrong"]
    bars = {item.get_label(): [bar.get_height() for bar in item] for item in parts.containers}
    assert list(bars) == PARTS
    assert bars == {part: pytest.approx([share] * 3) for part, share in zip(PARTS, (0.4, 0.1, 0.2, 0.3))}
    assert [bar.get_y() + bar.get_height() for bar in parts.containers[-1]] == pytest.approx([1] * 3)


def test_where_nothing_was_measured_the_published_points_remain(drawn):
    left, middle, right = drawn(plot_scaling, scaling_table([]), PUBLISHED, None).axes
    assert not bars_of(left) and not bars_of(middle) and not right.axison
    (legend,) = left.figure.legends
    assert {text.get_text() for text in legend.get_texts()} == set(PUBLISHED["label"])
