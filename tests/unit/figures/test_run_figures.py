"""What is drawn of a run: its training, its predictions, its errors and its examples, against cases by hand."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.examples import KINDS
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.errors import plot_errors
from deepgalaxy.figures.examples import plot_examples
from deepgalaxy.figures.predictions import plot_predictions
from deepgalaxy.figures.training import plot_training


def labels(axes):
    return axes.get_xlabel(), axes.get_ylabel()


def test_training_curves_have_a_point_for_each_epoch(tmp_path, drawn):
    columns = ("loss", "accuracy", "validation_loss", "validation_accuracy")
    values = np.random.default_rng(1).random((3, 4))
    records = [{"epoch": number, **dict(zip(columns, row))} for number, row in enumerate(values.tolist(), start=1)]
    (tmp_path / "epochs.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    loss, accuracy = drawn(plot_training, tmp_path / "epochs.jsonl").axes
    assert labels(loss) == ("epoch", "loss (cross-entropy, nats)") and labels(accuracy) == ("epoch", "accuracy")
    for axes, training, validation in ((loss, 0, 2), (accuracy, 1, 3)):
        assert [line.get_label() for line in axes.lines] == ["training", "validation"]
        for line, column in zip(axes.lines, (training, validation)):
            np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
            np.testing.assert_array_equal(line.get_ydata(), values[:, column])


CLASSES = pd.DataFrame({"label": [0, 1], "t_centre_myr": [50.0, 150.0]})
# Expected times 60, 130, 110, 50 Myr; the third is wrong.
PREDICTIONS = Predictions(
    np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [1.0, 0.0]]),
    np.array([0, 1, 0, 0]),
    np.array([50.0, 150.0, 50.0, 90.0]),
    np.array([3, 2, 1, 0]),
)


def test_predictions_are_drawn_against_the_truth(drawn):
    figure = drawn(plot_predictions, PREDICTIONS, CLASSES)
    confusion, times, reliability, bar = figure.axes
    assert labels(confusion) == ("predicted class", "true class") and bar.get_ylabel() == "share of the true class"
    # Of three images of class 0 one is given class 1; the first row is the lowest.
    np.testing.assert_allclose(confusion.images[0].get_array(), [[2 / 3, 1 / 3], [0, 1]])
    assert confusion.images[0].origin == "lower"

    assert labels(times) == ("true time (Myr)", "expected time (Myr)")
    images, median, perfect = times.lines
    np.testing.assert_allclose(images.get_xydata(), [[50, 60], [150, 130], [50, 110], [90, 50]])
    np.testing.assert_allclose(median.get_xydata(), [[50, 85], [90, 50], [150, 130]])
    np.testing.assert_array_equal(perfect.get_xydata(), [[50, 50], [150, 150]])
    # At 50 Myr the middle 68 % are from 16 to 84 % of the way from 60 to 110.
    assert {68.0, 102.0} <= set(times.collections[0].get_paths()[0].vertices[:, 1].round(9))

    assert labels(reliability) == ("probability of the predicted class", "accuracy")
    points = reliability.collections[0]
    np.testing.assert_allclose(points.get_offsets(), [[0.6, 0], [0.8, 1], [0.9, 1], [1, 1]])
    assert len(set(points.get_sizes())) == 1  # one image each


ERRORS = pd.DataFrame(
    [
        ("phase", "0", 6, 0.5, 10.0, 4.0, 30.0),
        ("phase", "1", 3, 1.0, 5.0, 1.0, 8.0),
        ("group", "s_1_m_1", 9, 0.75, 8.0, 2.0, 20.0),
        ("camera", "0", 4, 0.25, 9.0, 3.0, 12.0),
        ("camera", "3", 4, 0.5, 7.0, 3.0, 12.0),
        ("camera", "7", 1, 0.0, 40.0, 40.0, 40.0),
    ],
    columns=["grouping", "value", "images", "accuracy", "median_error_myr", "error_16_myr", "error_84_myr"],
)


def test_errors_are_drawn_by_each_grouping_that_there_is(drawn):
    axes = drawn(plot_errors, ERRORS).axes
    top, bottom = axes[:3], axes[3:]
    assert [panel.get_xlabel() for panel in bottom] == ["pericentric passages so far", "simulation", "camera"]
    assert top[0].get_ylabel() == "error (Myr): median, 68 %" and bottom[0].get_ylabel() == "accuracy"
    assert bottom[0].get_ylim() == (0, 1) and top[0].get_ylim()[0] == 0
    for above, below, (_, rows) in zip(top, bottom, ERRORS.groupby("grouping", sort=False), strict=True):
        assert [label.get_text() for label in below.get_xticklabels()] == rows["value"].tolist()
        assert [bar.get_height() for bar in below.patches] == rows["accuracy"].tolist()
        spread, points = above.collections
        assert points.get_offsets()[:, 1].tolist() == rows["median_error_myr"].tolist()
        np.testing.assert_allclose(points.get_sizes(), 60 * rows["images"] / rows["images"].max())
        ends = np.array(spread.get_segments())[:, :, 1]
        np.testing.assert_allclose(ends, rows[["error_16_myr", "error_84_myr"]])


@pytest.fixture
def examples(tmp_path):
    """A file of three examples, two of the best and one of the worst, and the split table."""
    random = np.random.default_rng(1)
    with h5py.File(tmp_path / "examples.hdf5", "w") as file:
        file["brightness"] = random.random((3, 16, 16), np.float32)
        attributions = random.normal(size=(3, 16, 16)).astype(np.float32)
        attributions[1] = 0
        file["attributions"] = attributions
        file["kind"] = [KINDS[0], KINDS[0], KINDS[1]]
        for name, values in {
            "row": [2, 0, 1],
            "probability": [0.9, 0.625, 0.5],
            "t_myr": [50.0, 60.0, 70.0],
            "expected_myr": [51.0, 62.0, 130.0],
        }.items():
            file[name] = values
    return tmp_path / "examples.hdf5", pd.DataFrame({"group": ["a", "b", "c"], "camera": [0, 12, 7]})


def test_examples_stand_above_their_attributions(drawn, examples):
    path, split = examples
    figure = drawn(plot_examples, path, split, name="examples.png")
    grid = np.array(figure.axes).reshape(2 * len(KINDS), 2)  # as many across as there are of the most frequent kind
    assert [axes.get_ylabel() for axes in grid[::2, 0]] == list(KINDS)
    assert {axes.get_ylabel() for axes in grid[1::2, 0]} == {"for (orange)\nor against (purple)"}
    assert [[len(axes.images) for axes in row] for row in grid] == [[1, 1], [2, 2], [1, 0], [2, 0], [0, 0], [0, 0]]
    with h5py.File(path) as file:
        for axes, number in ((grid[0, 0], 0), (grid[0, 1], 1), (grid[2, 0], 2)):
            np.testing.assert_array_equal(axes.images[0].get_array(), file["brightness"][number])
    assert grid[0, 0].get_title() == "c camera 07\n50 Myr, dated to 51\nclass given 90%"
    assert grid[2, 0].get_title() == "b camera 12\n70 Myr, dated to 130\nclass given 50%"
    # Colours are as strong either way, and each image's strongest attribution is opaque.
    for axes in (grid[1, 0], grid[3, 0]):
        low, high = axes.images[1].get_clim()
        assert low == -high < 0 and axes.images[1].get_alpha().max() == 1
    assert not grid[1, 1].images[1].get_alpha().any()  # where nothing speaks for the class, nothing is coloured
