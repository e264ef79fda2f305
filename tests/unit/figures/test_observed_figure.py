"""What is drawn of observed images: a row for each, with its times and the training images that are nearest to it."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.figures.observed import MOST_ROWS, plot_observed
from deepgalaxy.figures.observed_reference import plot_observed_reference
from deepgalaxy.observed.novelty import NEIGHBOURS

TRAINING_ROW = [7, 3, 5, 1]
ACROSS = 2 + NEIGHBOURS


@pytest.fixture
def observed(tmp_path, drawn):
    """A function that draws so many images that were used, of which each second one is far from all training images,
    and two that were not used."""
    with h5py.File(tmp_path / "train.hdf5", "w") as file:
        file["row"] = TRAINING_ROW
        file["images"] = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, 1), np.uint8)

    def observed(count, timed_probability=1.0):
        with h5py.File(tmp_path / "images.hdf5", "w") as file:
            file["images"] = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((8, 8, 1), np.uint8)
        names = [f"image $number_{number}.png" for number in range(count)]
        table = pd.DataFrame({"file": names, "used": True, "reason": None, "novelty": ([0.2, 4.0] * count)[:count]})
        table["warning"] = (["", "It is far off."] * count)[:count]
        table[["low_myr", "expected_myr", "high_myr"]] = (30.0, 75.0, 136.0)
        table[["class", "probability", "timed_probability", "counts_from"]] = (
            "late",
            0.8,
            timed_probability,
            "first pericentre",
        )
        for number, row in zip(range(1, NEIGHBOURS + 1), (7, 5, 1)):
            place = (row, f"s_1_m_{row}", row, 20 * row, "late", 0.1)
            names_of_place = ("row", "group", "camera", "target_myr", "class", "distance")
            table[[f"neighbour_{number}_{name}" for name in names_of_place]] = place
        unused = pd.DataFrame({"file": ["broken.png", "empty.jpg"], "used": False, "reason": ["It is bad.", "No."]})
        times = pd.DataFrame(
            {
                "file": np.repeat(names, 2),
                "t_from_myr": [0.0, 100.0] * count,
                "t_to_myr": [100.0, 200.0] * count,
                "probability": [0.75, 0.25] * count,
            }
        )
        table = pd.concat([table, unused], ignore_index=True) if count else unused
        return drawn(plot_observed, table, times, tmp_path / "images.hdf5", tmp_path / "train.hdf5", name="figure.png")

    return observed


def remarks(figure):
    return "\n".join(text.get_text() for text in figure.texts)


def test_each_image_has_its_times_and_its_neighbours(observed):
    axes = observed(2).axes
    assert len(axes) == 2 * ACROSS
    image, times, *neighbours = axes[:ACROSS]
    assert image.get_title() == "image $number_0.png" and image.images[0].get_array().max() == 0
    assert axes[ACROSS].images[0].get_array().max() == pytest.approx(1 / 255)
    # Rows 7, 5 and 1 of the split table are the first, the third and the fourth image of the training file.
    for place, row, value in zip(neighbours, (7, 5, 1), (0, 2, 3), strict=True):
        assert f": {20 * row} Myr\nmass {row}, size 1\ncamera {row:02d}" in place.get_title()
        assert place.images[0].get_array().max() == pytest.approx(value / 255)
    assert times.get_ylabel() == "probability" and times.get_xlim() == (0, 200)
    (distribution,) = (patch for patch in times.patches if hasattr(patch, "get_data"))
    assert [part.tolist() for part in distribution.get_data()[:2]] == [[0.75, 0.25], [0, 100, 200]]
    assert times.lines[0].get_xdata() == [75, 75]
    assert times.get_title() == "75 Myr; 68 %: 30 to 136 Myr\nnovelty 0.2"
    assert axes[ACROSS + 1].get_xlabel() == "time since the first pericentre (Myr)"


def test_an_image_that_is_rather_of_a_class_without_a_time_says_so(observed):
    title = observed(1, timed_probability=0.2).axes[1].get_title()
    assert title == "late: 80 %; if not: 75 Myr; 68 %: 30 to 136 Myr\nnovelty 0.2"


def test_an_image_far_from_all_others_is_marked(observed):
    axes = observed(2).axes
    known, strange = axes[:ACROSS], axes[ACROSS:]
    assert "WARNING: novelty 4.0" in strange[1].get_title()
    assert "WARNING" not in known[1].get_title()
    for one, other in zip(known[:2], strange[:2]):
        assert one.title.get_color() != other.title.get_color()


def test_there_are_rows_up_to_a_number_and_the_rest_is_told_in_words(observed):
    unused = "broken.png is not used. It is bad.\nempty.jpg is not used. No."
    assert remarks(observed(2)) == unused
    many = observed(MOST_ROWS + 3)
    assert len(many.axes) == ACROSS * MOST_ROWS
    assert remarks(many) == f"{unused}\n3 more files are in the table."


def test_there_may_be_nothing_to_draw(observed):
    figure = observed(0)
    assert not figure.axes and "broken.png is not used." in remarks(figure)


def test_observed_times_are_drawn_against_published_ones(drawn):
    compared = pd.DataFrame(
        {
            "file": ["a$.png", "b.png", "c.png"],
            "published_myr": [50.0, 100.0, 10.0],
            "expected_myr": [60.0, 80.0, np.nan],
            "low_myr": [40.0, 60.0, np.nan],
            "high_myr": [90.0, 95.0, np.nan],
            "novelty": [0.5, 0.8, np.nan],
            "warning": [np.nan, "It looks like a galaxy without a companion.", np.nan],
        }
    )
    agreement = pd.Series(
        {"published": 3, "dated": 2, "median_difference_myr": 15.0, "training_median_difference_myr": 40.0, "within": 1}
        | {f"median_difference_{limit}_myr": np.nan for limit in ("low", "high")}
        | {f"rank_correlation{limit}": np.nan for limit in ("", "_low", "_high")}
    )
    (axes,) = drawn(plot_observed_reference, compared, agreement).axes
    assert axes.get_title().splitlines() == [
        "2 of 3 systems dated",
        "median difference 15 Myr; always the median time of training: 40 Myr",
        "1 of 2 published times in the 68 % interval",
    ]
    points = [container.lines[0].get_xydata().tolist() for container in axes.containers]
    assert points == [[[50, 60]], [[100, 80]]]
    assert [text.get_text() for text in axes.texts] == ["a$.png", "b.png"]


def test_nothing_dated_is_said_and_drawn_empty(drawn):
    compared = pd.DataFrame({name: [np.nan] for name in ("published_myr", "expected_myr", "low_myr", "warning")})
    agreement = pd.Series({"published": 1, "dated": 0, "rank_correlation": np.nan})
    assert drawn(plot_observed_reference, compared, agreement).axes[0].get_title() == "0 of 1 systems dated"
