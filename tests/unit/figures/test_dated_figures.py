"""What is drawn of a network's distributions over time, and of the mergers that it is asked about."""

import base64
import io
import re
from html import unescape

import h5py
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.figures.dated import date_images
from deepgalaxy.figures.dates import ACROSS, THUMBNAIL, plot_dates, sheet_of
from deepgalaxy.figures.parameters import NAMES, plot_parameters
from deepgalaxy.figures.timeline import FRAMES, make_movie, plot_timeline, typical_sequence
from support.classes import STAGES
from support.datasets import create_group

CLASSES = STAGES.assign(name=["0 to 100 Myr", "100 to 200 Myr", "after coalescence"])
COUNT = 10
"""Images of each of three mergers by each of two cameras, 20 Myr apart; the last one is after coalescence."""


@pytest.fixture
def tested(tmp_path):
    """Predictions of images of three mergers, which are off by more from the first to the last, their split table, and
    the file of the images, whose brightness says which each is."""
    groups = ("s_1_m_0.5", "s_1_m_1", "s_2_m_1")
    views = [(group, camera, n) for group in groups for camera in (0, 3) for n in range(COUNT)]
    split = pd.DataFrame(views, columns=["group", "camera", "snapshot"])
    split["isolated"], split["t_myr"] = False, 20.0 * split["snapshot"]
    split["label"] = [2 if n == COUNT - 1 else int(n >= 5) for n in split["snapshot"]]
    with h5py.File(tmp_path / "subset.hdf5", "w") as file:
        brightness = np.arange(COUNT, dtype=np.float32)[None, :, None, None, None] / COUNT
        for group in groups:
            create_group(file, group, np.broadcast_to(brightness, (4, COUNT, 6, 6, 1)), np.arange(COUNT) * 20, {})
    true = np.where(split["label"] == 2, np.nan, split["t_myr"])
    wrong = (
        0.1
        + 0.3 * split["group"].map(dict(zip(groups, range(3)))).to_numpy()
        + 0.05 * (split["camera"] == 3).to_numpy()
    )
    right = np.eye(3)[split["label"]]
    probabilities = right * (1 - wrong[:, None]) + np.roll(right, 1, axis=1) * wrong[:, None]
    row = np.random.default_rng(1).permutation(len(split))
    predictions = Predictions(probabilities[row], split["label"].to_numpy()[row], true[row], row)
    return predictions, CLASSES, split, tmp_path / "subset.hdf5"


def test_a_date_is_the_expected_time_or_a_class_without_one():
    probabilities = np.array([[0.75, 0.25, 0.0], [0.1, 0.1, 0.8]])
    dates = date_images(Predictions(probabilities, np.array([0, 2]), np.array([60.0, np.nan]), np.arange(2)), CLASSES)
    # The middle 68 % of the first lie between 100 * 0.16 / 0.75 and 100 + 100 * 0.09 / 0.25 Myr.
    assert dates.said == ["75 ± 57 Myr", "after coalescence"] and dates.counts_from == "first pericentre"
    np.testing.assert_allclose(dates.shares, probabilities[:, :2])
    assert dates.edges_myr.tolist() == [0, 100, 200] and dates.highest == 0.75


def test_the_typical_merger_is_neither_the_best_nor_the_worst(tested):
    predictions, classes, split, _ = tested
    sequence = typical_sequence(predictions, classes, split)
    assert set(sequence["group"]) == {"s_1_m_1"} and set(sequence["camera"]) == {0}
    assert sequence["t_myr"].tolist() == [20 * n for n in range(COUNT)]
    assert (predictions.row[sequence["place"]] == sequence.index).all()
    with pytest.raises(ValueError, match="none can be shown through time"):
        typical_sequence(predictions, classes, split.assign(isolated=True))


def test_a_merger_goes_through_time_above_what_the_network_says_of_it(drawn, tested):
    figure = drawn(plot_timeline, *tested, name="timeline.png")
    above, below = np.array(figure.axes).reshape(2, FRAMES)
    shown = [0, 2, 3, 4, 6, 8, 9]  # of ten, rounded to even
    assert [axes.get_title() for axes in above] == [*[f"{20 * n} Myr" for n in shown[:-1]], "180 Myr\nfrom the start"]
    np.testing.assert_allclose([axes.images[0].get_array()[0, 0] for axes in above], np.array(shown) / COUNT, rtol=1e-6)
    assert [axes.patches[0].get_data().values.round(2).tolist() for axes in below[[0, -2, -1]]] == [
        [0.6, 0.4],
        [0.0, 0.6],
        [0.4, 0.0],
    ]
    assert below[-1].get_title() == "after coalescence" and not below[-1].lines
    assert figure.get_supxlabel() == "time since the first pericentre (Myr)"


def test_a_movie_has_a_frame_for_each_image_and_is_small(tested, tmp_path):
    for name in ("movie.webp", "again.webp"):
        make_movie(*tested, tmp_path / name)
    with Image.open(tmp_path / "movie.webp") as movie:
        assert (movie.n_frames, movie.size) == (COUNT, (400, 520))
    assert (tmp_path / "movie.webp").stat().st_size < 3e6 / 8
    assert (tmp_path / "movie.webp").read_bytes() == (tmp_path / "again.webp").read_bytes()


@pytest.mark.parametrize("recorded", [True, False])
def test_parameters_are_drawn_as_far_as_they_are_recorded(drawn, tmp_path, recorded):
    with h5py.File(tmp_path / "subset.hdf5", "w") as file:
        for group, pericentre in (("s_0.5_m_0.25", 2.0), ("s_1_m_1", 5.0), ("isolated_01", 9.0)):
            about = {"pericentre_kpc": pericentre, "eccentricity": 0.9} if recorded else {}
            file.create_group(group).attrs.update(about)
    groups = ["s_0.5_m_0.25", "s_1_m_1", "s_1_m_1", "isolated_01"]
    split = pd.DataFrame({"group": groups, "split": ["train", "test", "test", "train"]})
    split["isolated"] = split["group"] == "isolated_01"
    figure = drawn(plot_parameters, tmp_path / "subset.hdf5", split)
    names = list(NAMES.values())[: 4 if recorded else 2]
    assert [label for axes in figure.axes for label in (axes.get_xlabel(), axes.get_ylabel())] == names
    drawn_at = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].lines}
    assert drawn_at == {
        "train: 1 mergers": [[0.25, 0.5]],
        "validation: 0 mergers": [],
        "test: 1 mergers": [[1.0, 1.0]],
    }
    assert [line.get_xydata().tolist() for line in figure.axes[-1].lines if recorded] == (
        [[[2.0, 0.9]], [], [[5.0, 0.9]]] if recorded else []
    )


def test_each_point_of_the_dates_has_its_words_and_its_image(tested, tmp_path):
    predictions, classes, split, _ = tested
    for part, rows in enumerate((predictions.row[::2], predictions.row[1::2])):  # as of two folds
        with h5py.File(tmp_path / f"{part}.hdf5", "w") as file:
            file["row"] = rows
            file["images"] = np.broadcast_to((4 * rows).astype(np.uint8)[:, None, None, None], (len(rows), 8, 8, 1))
    prepared = [tmp_path / "0.hdf5", tmp_path / "1.hdf5"]
    plot_dates(predictions, classes, split, prepared, tmp_path / "dates.svg")
    drawing = (tmp_path / "dates.svg").read_text()
    said = [unescape(words) for words in re.findall(r'data-words="(.*?)"', drawing)]
    timed = split.iloc[predictions.row[predictions.timed]]
    assert [words.split("|")[1:3] for words in said] == [
        [f"camera {view.camera:02d}", f"true: {view.t_myr:.0f} Myr"] for view in timed.itertuples()
    ]
    assert said[0].startswith("mass ratio ")
    assert drawing.count("<circle cx") - 1 == np.sum(predictions.right & predictions.timed)
    address = re.search(r'href="(data:.*?)"', drawing)[1]
    assert address == sheet_of(timed.index.to_numpy(), prepared)
    with pytest.raises(ValueError, match=r"\d+ predicted images are in none of"):
        sheet_of(timed.index.to_numpy(), prepared[:1])


def test_the_sheet_holds_each_image_at_its_place(tmp_path):
    rows = np.arange(ACROSS + 2)[::-1]
    with h5py.File(tmp_path / "test.hdf5", "w") as file:
        file["row"] = np.sort(rows)
        file["images"] = np.broadcast_to(
            (5 * np.sort(rows)).astype(np.uint8)[:, None, None, None], (len(rows), 8, 8, 1)
        )
    address = sheet_of(rows, [tmp_path / "test.hdf5"])
    content = io.BytesIO(base64.b64decode(address.partition(",")[2]))
    with Image.open(content) as sheet:
        assert sheet.size == (ACROSS * THUMBNAIL, 2 * THUMBNAIL)
        middle = np.asarray(sheet.convert("L"))[THUMBNAIL // 2 :: THUMBNAIL, THUMBNAIL // 2 :: THUMBNAIL]
    # As far as the compression keeps it.
    np.testing.assert_allclose(middle.ravel()[: len(rows)], 5.0 * rows, atol=4)
