"""What is drawn of a run: its training, its predictions, its errors and its examples, against cases by hand."""

import json
from dataclasses import replace
from itertools import combinations

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.examples import KINDS
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.errors import MOST_CLASSES, plot_errors
from deepgalaxy.figures.examples import plot_examples
from deepgalaxy.figures.intervals import plot_intervals
from deepgalaxy.figures.pit import PARTS, plot_pit
from deepgalaxy.figures.predictions import MOST_NAMES, plot_predictions
from deepgalaxy.figures.training import plot_training
from support.classes import STAGES


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


CLASSES = pd.DataFrame(
    {"label": [0, 1], "name": ["early", "late"], "t_centre_myr": [50.0, 150.0], "counts_from": "first pericentre"}
)
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

    for axis in (confusion.xaxis, confusion.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["early", "late"]

    since = "since the first pericentre (Myr)"
    assert labels(times) == (f"true time {since}", f"expected time\n{since}")
    images, median, perfect = times.lines
    np.testing.assert_allclose(images.get_xydata(), [[50, 60], [150, 130], [50, 110], [90, 50]])
    # The images of the first class are at 50, 50 and 90 Myr, and expected at 60, 110 and 50.
    np.testing.assert_allclose(median.get_xydata(), [[190 / 3, 60], [150, 130]])
    np.testing.assert_array_equal(perfect.get_xydata(), [[50, 50], [150, 150]])
    # Their middle 68 % are from 0.32 of the way from 50 to 60 to 0.68 of that from 60 to 110.
    assert {53.2, 94.0} <= set(times.collections[0].get_paths()[0].vertices[:, 1].round(9))

    assert labels(reliability) == ("probability of the predicted class", "accuracy")
    points = reliability.collections[0]
    np.testing.assert_allclose(points.get_offsets(), [[0.6, 0], [0.8, 1], [0.9, 1], [1, 1]])
    assert len(set(points.get_sizes())) == 1  # one image each


def test_classes_without_a_time_are_in_the_confusion_matrix_only(drawn):
    classes = pd.concat([CLASSES, pd.DataFrame([{"label": 2, "name": "no merger"}])], ignore_index=True)
    predictions = Predictions(
        np.array([[0.9, 0.1, 0.0], [0.1, 0.4, 0.5], [0.0, 0.0, 1.0]]),
        np.array([0, 1, 2]),
        np.array([50.0, 150.0, np.nan]),
        np.array([0, 1, 2]),
    )
    confusion, times, *_ = drawn(plot_predictions, predictions, classes).axes
    np.testing.assert_allclose(confusion.images[0].get_array(), [[1, 0, 0], [0, 0, 1], [0, 0, 1]])
    assert [label.get_text() for label in confusion.get_yticklabels()] == ["early", "late", "no merger"]
    np.testing.assert_allclose(times.lines[0].get_xydata(), [[50, 60], [150, 130]])


def test_the_levels_of_the_true_times_are_counted(drawn):
    untimed = PREDICTIONS.target_myr.copy()
    untimed[3] = np.nan
    (axes,) = drawn(plot_pit, replace(PREDICTIONS, target_myr=untimed), CLASSES).axes
    heights = [bar.get_height() for bar in axes.patches[:PARTS]]
    # Of three images with a time, the levels are within 0 to 0.9, 0.2 to 1, and 0 to 0.4.
    each = np.repeat([1 / 0.9 + 1 / 0.4, 1 / 0.9 + 1 / 0.8 + 1 / 0.4, 1 / 0.9 + 1 / 0.8, 1 / 0.8], [4, 4, 10, 2])
    np.testing.assert_allclose(heights, each / 3 / PARTS)
    assert axes.get_xlabel().startswith("level of the true time since the first pericentre")
    # Of the middle 68 %, 0.68 / 0.9, 0.64 / 0.8 and 0.24 / 0.4 of their steps.
    assert "middle 68 %: 72 % of the images" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_of_many_classes_some_are_named(drawn):
    count = 3 * MOST_NAMES
    centre = np.arange(count) * 10.0
    names = [f"class {number}" for number in range(count)]
    classes = pd.DataFrame({"label": range(count), "name": names, "t_centre_myr": centre, "counts_from": "x"})
    predictions = Predictions(np.eye(count), np.arange(count), centre, np.arange(count))
    confusion, *_ = drawn(plot_predictions, predictions, classes).axes
    shown = [label.get_text() for label in confusion.get_xticklabels()]
    assert len(shown) == MOST_NAMES and (shown[0], shown[-1]) == (names[0], names[-1])
    assert [names[int(place)] for place in confusion.get_xticks()] == shown


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
).assign(counts_from="first pericentre", median_error_floor_myr=2.5)


def test_errors_are_drawn_by_each_grouping_that_there_is(drawn):
    axes = drawn(plot_errors, ERRORS).axes
    top, bottom = axes[:3], axes[3:]
    assert [panel.get_xlabel() for panel in bottom] == ["passages\nso far", "simulation", "camera"]
    assert top[0].get_ylabel() == "error (Myr): median, 68 %" and bottom[0].get_ylabel() == "accuracy"
    assert bottom[0].get_ylim() == (0, 1) and top[0].get_ylim()[0] == 0
    for above, below, (_, rows) in zip(top, bottom, ERRORS.groupby("grouping", sort=False), strict=True):
        named = rows["value"].replace("s_1_m_1", "mass 1, size 1")
        assert [label.get_text() for label in below.get_xticklabels()] == named.tolist()
        assert [bar.get_height() for bar in below.patches] == rows["accuracy"].tolist()
        spread, points, floor = above.collections
        assert set(floor.get_offsets()[:, 1]) == {2.5}
        assert points.get_offsets()[:, 1].tolist() == rows["median_error_myr"].tolist()
        np.testing.assert_allclose(points.get_sizes(), 60 * rows["images"] / rows["images"].max())
        ends = np.array(spread.get_segments())[:, :, 1]
        np.testing.assert_allclose(ends, rows[["error_16_myr", "error_84_myr"]])


@pytest.mark.parametrize("mergers", [1, 6, 40, 120])
def test_names_of_values_do_not_run_into_each_other(drawn, mergers):
    """Of a run with twelve classes, seven phases, all fourteen cameras and so many mergers of ratios of their own."""
    ratios = [f"{0.3 + number / 100:.2f}" for number in range(mergers)]
    values = {
        "class": [f"{50 * number} to {50 * number + 50} Myr" for number in range(11)] + ["after coalescence"],
        "phase": map(str, range(7)),
        "group": [f"s_{ratio}_m_{ratio}" for ratio in ratios],
        "camera": map(str, range(14)),
        "size_ratio": ratios,
        "mass_ratio": ratios,
    }
    rows = pd.DataFrame([(name, value) for name, of in values.items() for value in of], columns=["grouping", "value"])
    rows = rows.assign(images=1, accuracy=0.5, median_error_myr=2.0, error_16_myr=1.0, error_84_myr=3.0)
    figure = drawn(plot_errors, rows.assign(counts_from="first pericentre", median_error_floor_myr=1.0))
    figure.canvas.draw()
    boxes = [label.get_window_extent() for axes in figure.axes[6:] for label in axes.get_xticklabels()]
    assert len(boxes) > 6
    boxes += [axes.xaxis.label.get_window_extent() for axes in figure.axes[6:]]
    assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
    # Nothing is left out where there is room for all.
    assert mergers > 6 or len(boxes) == len(rows) + 6


def test_classes_are_drawn_if_they_are_few(drawn):
    def drawn_groupings(count):
        classes = pd.DataFrame({"value": [f"class {number}" for number in range(count)], "grouping": "class"})
        classes[["images", "accuracy"]] = (1, 0.5)
        classes["counts_from"] = "first pericentre"
        figure = drawn(plot_errors, pd.concat([classes, ERRORS], ignore_index=True))
        assert figure.get_suptitle() == "errors of the time since the first pericentre"
        return {axes.get_xlabel() for axes in figure.axes}

    assert "class" in drawn_groupings(MOST_CLASSES) and "class" not in drawn_groupings(MOST_CLASSES + 1)


@pytest.fixture
def examples(tmp_path):
    """A file of three examples, two of the best and one of the worst, what is predicted of them and of another image,
    and the split table."""
    random = np.random.default_rng(1)
    with h5py.File(tmp_path / "examples.hdf5", "w") as file:
        file["brightness"] = random.random((3, 16, 16), np.float32)
        attributions = random.normal(size=(3, 16, 16)).astype(np.float32)
        attributions[1] = 0
        file["attributions"] = attributions
        file["kind"] = [KINDS[0], KINDS[0], KINDS[1]]
        file["row"] = [2, 0, 1]
    predictions = Predictions(
        np.array([[0.1, 0.3, 0.6], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0], [0.9, 0.1, 0.0]]),
        np.array([2, 0, 1, 0]),
        np.array([np.nan, 70.0, 150.0, 50.0]),
        np.array([0, 1, 3, 2]),
    )
    split = pd.DataFrame(
        {"group": ["isolated_01", "s_1_m_0.5", "s_2_m_1", "s_1_m_1"], "camera": [0, 12, 7, 1], "label": [2, 0, 0, 1]}
    )
    return tmp_path / "examples.hdf5", predictions, split


def test_examples_stand_above_their_distributions(drawn, examples):
    path, predictions, split = examples
    figure = drawn(plot_examples, path, predictions, STAGES, split, name="examples.png")
    grid = np.array(figure.axes).reshape(2 * len(KINDS), 2)  # as many across as there are of the most frequent kind
    assert [axes.get_ylabel() for axes in grid[::2, 0]] == list(KINDS)
    # Each image once; the attributions of the second are all 0, and outline nothing.
    assert [[len(axes.images) for axes in row] for row in grid] == [[1, 1], [0, 0], [1, 0], [0, 0], [0, 0], [0, 0]]
    assert [len(axes.collections) > 0 for axes in grid[::2].flat] == [True, False, True, False, False, False]
    with h5py.File(path) as file:
        for axes, number in ((grid[0, 0], 0), (grid[0, 1], 1), (grid[2, 0], 2)):
            np.testing.assert_array_equal(axes.images[0].get_array(), file["brightness"][number])
    assert [axes.get_title() for axes in grid[::2].flat[:3]] == [
        "mass ratio 1\nsize ratio 2\n50 Myr",
        "lone galaxy 01\nno merger",
        "mass ratio 0.5\nsize ratio 1\n70 Myr",
    ]
    # The middle 68 % of the first lie between 100 * 0.16 / 0.9 and 100 * 0.84 / 0.9 Myr.
    assert [axes.get_title() for axes in grid[1::2].flat[:3]] == ["60 ± 38 Myr", "no merger", "150 ± 34 Myr"]
    shares = [grid[1, 0], grid[1, 1], grid[3, 0]]
    assert [axes.patches[0].get_data().values.tolist() for axes in shares] == [[0.9, 0.1], [0.1, 0.3], [0.0, 1.0]]
    assert [[line.get_xdata()[0] for line in axes.lines] for axes in shares] == [[50.0], [], [70.0]]
    assert figure.get_supxlabel() == "time since the first pericentre (Myr)"


def test_coverage_is_drawn_by_phase_and_simulation_with_what_is_not_available_left_out(drawn):
    table = pd.DataFrame(
        {
            "grouping": ["all", "phase", "group", "group"],
            "value": ["all", "1", "s_1_m_1", "s_1_m_0.5"],
            "coverage_68": [0.6, 0.5, 0.4, 0.8],
            "coverage_90": [0.8, 0.7, 0.7, 0.9],
            "conformal_coverage_68": [0.7, 0.6, 0.5, 0.9],
            "conformal_coverage_68_low": [0.5, 0.4, np.nan, np.nan],
            "conformal_coverage_68_high": [0.9, 0.9, np.nan, np.nan],
            **{f"conformal_coverage_90{limit}": np.nan for limit in ("", "_low", "_high")},
            "intervals": "calibrated on 4 validation simulations; not available: 90 % needs 9",
            "counts_from": "first pericentre",
        }
    )
    figure = drawn(plot_intervals, table)
    assert "not available: 90 % needs 9" in figure.get_suptitle()
    assert [axes.get_xlabel() for axes in figure.axes] == ["images", "passages so far", "simulation, the worst first"]
    points = {line.get_label(): line.get_ydata() for line in figure.axes[2].lines if line.get_marker() == "o"}
    assert {name: list(values) for name, values in points.items()} == {
        "68 %, as the network gives them": [0.4, 0.8],
        "68 %, conformal": [0.5, 0.9],
        "90 %, as the network gives them": [0.7, 0.9],
    }
