"""What is drawn of datasets and samples, against data of a few images."""

from functools import partial

import h5py
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.figures.contact_sheet import plot_contact_sheet
from deepgalaxy.figures.mergers import plot_mergers
from deepgalaxy.figures.morphology import plot_morphology
from deepgalaxy.figures.sample import COLOURS, DAMAGED, NOT_USED, plot_sample
from support.datasets import create_group


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def labels(axes):
    return axes.get_xlabel(), axes.get_ylabel()


def catalogue_of(usable, count=CAMERA_COUNT):
    """The catalogue of groups with as many cameras, of which all are damaged that ``usable`` does not name."""
    rows = [(name, camera, camera not in cameras) for name, cameras in usable.items() for camera in range(count)]
    return pd.DataFrame(rows, columns=["group", "camera", "damaged"])


@pytest.mark.parametrize(("pericentres", "title"), [([95.0, 230.5], ", pericentres at 95, 230.5 Myr"), ([], "")])
def test_a_contact_sheet_has_times_across_and_cameras_down(tmp_path, drawn, pericentres, title):
    images = np.random.default_rng(1).random((3, 40, 6, 8, 3)).astype(np.float32)
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        names = ("s_2_m_1", "s_1_m_1.25", "s_0.5_m_0.5", "isolated_01")
        for name in names:
            about = {"pericentres_myr": pericentres} if pericentres else {}
            create_group(
                file, name, images if name == "s_1_m_1.25" else np.zeros_like(images), np.arange(40) * 5, about
            )
    catalogue = catalogue_of(dict.fromkeys(names, range(3)), 3)
    figure = drawn(plot_contact_sheet, tmp_path / "images.hdf5", catalogue, name="sheet.png")
    (axes,) = figure.axes
    # Of the three, this one is the nearest to equal galaxies.
    assert axes.get_title() == "mass 1.25, size 1: time since the start of the simulation" + title
    assert tick_labels(axes.yaxis) == ["camera 00", "camera 01", "camera 02"]
    shown = [0, 4, 9, 13, 17, 22, 26, 30, 35, 39]
    assert tick_labels(axes.xaxis) == [f"{5 * number} Myr" for number in shown]
    sheet = axes.images[0].get_array()
    assert sheet.shape == (3 * 6, 10 * 8)
    for camera, column in ((0, 0), (2, 0), (1, 3), (2, 9)):
        tile = sheet[6 * camera : 6 * camera + 6, 8 * column : 8 * column + 8]
        np.testing.assert_allclose(tile, images[camera, shown[column]].mean(axis=2), rtol=1e-6)
        # The ticks stand at the middle of the tiles.
        assert axes.get_xticks()[column] == 8 * column + 4 and axes.get_yticks()[camera] == 6 * camera + 3


def test_figures_of_mergers_read_nothing_that_is_damaged(tmp_path, drawn):
    """Cameras that are missing, of another shape, or cannot be opened, and a group that is a link to nothing."""
    images = np.ones((14, 5, 4, 4, 1), np.float32)
    usable = {"s_1_m_0.5": [3], "s_1_m_1.5": [5, 6], "s_1_m_1": [], "s_2_m_1": []}
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for name in ("s_1_m_0.5", "s_1_m_1.5", "s_1_m_1"):
            create_group(file, name, images, np.arange(5) * 10, {})
            for camera in set(range(CAMERA_COUNT)) - set(usable[name]):
                del file[name][f"images_camera_{camera:02d}"]
        file["s_1_m_1.5/images_camera_00"] = np.zeros(3)
        file["s_1_m_1.5/images_camera_01"] = h5py.SoftLink("/nowhere")
        file["s_2_m_1"] = h5py.ExternalLink("gone.hdf5", "/s_2_m_1")
    catalogue = catalogue_of(usable)
    figure = drawn(partial(plot_mergers, columns=5), tmp_path / "images.hdf5", catalogue, name="mergers.png")
    (axes,) = figure.axes
    assert (
        tick_labels(axes.yaxis) == ["mass ratio 0.5\nsize ratio 1", "mass ratio 1.5\nsize ratio 1"]
        and (axes.images[0].get_array() == 1).all()
    )
    (axes,) = drawn(plot_contact_sheet, tmp_path / "images.hdf5", catalogue, name="sheet.png").axes
    assert tick_labels(axes.yaxis) == ["camera 05", "camera 06"]


def test_lone_galaxies_are_drawn_if_all_mergers_are_damaged(tmp_path, drawn):
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        create_group(file, "isolated_01", np.ones((14, 5, 4, 4, 1), np.float32), np.arange(5) * 10, {})
    catalogue = catalogue_of({"s_1_m_1": [], "isolated_01": range(14)})
    for plot in (plot_mergers, plot_contact_sheet):
        (axes,) = drawn(plot, tmp_path / "images.hdf5", catalogue, name="mergers.png").axes
        assert (axes.images[0].get_array() == 1).all()


def test_a_contact_sheet_shows_each_camera_at_its_own_times(tmp_path, drawn):
    """The second camera began two snapshots later, of which one is near enough to its first."""
    numbers = np.broadcast_to(np.arange(1.0, 6)[:, None, None, None], (5, 4, 4, 1))
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        create_group(file, "s_1_m_1", numbers[None], np.arange(5) * 10, {})
        file["s_1_m_1/images_camera_01"], file["s_1_m_1/t_myr_camera_01"] = numbers[2:], np.arange(2, 5) * 10
    catalogue = catalogue_of({"s_1_m_1": [0, 1]}, 2)
    (axes,) = drawn(plot_contact_sheet, tmp_path / "images.hdf5", catalogue, name="sheet.png").axes
    shown = axes.images[0].get_array().filled(0)[::4, ::4]
    assert shown.tolist() == [[1, 2, 3, 4, 5], [0, 3, 3, 4, 5]], "nothing is drawn where there is no image"
    assert (
        axes.get_title()
        == "mass 1, size 1: time since the start of the simulation; nearest snapshots, up to 10 Myr off"
    )


@pytest.mark.parametrize("pericentre", [30.0, None])
def test_mergers_are_drawn_side_by_side_at_equal_times(tmp_path, drawn, pericentre):
    numbers = np.arange(1, 21, dtype=np.float32)[:, None, None, None] / 20
    images = np.broadcast_to(numbers, (14, 20, 4, 4, 1))
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for number, name in enumerate(("s_1_m_0.5", "s_1_m_1", "isolated_01")):
            about = {"pericentres_myr": [pericentre + 10 * number]} if pericentre else {}
            create_group(file, name, images, np.arange(20) * 10, about)
    catalogue = catalogue_of(dict.fromkeys(("s_1_m_0.5", "s_1_m_1", "isolated_01"), range(14)))
    figure = drawn(partial(plot_mergers, columns=5), tmp_path / "images.hdf5", catalogue, name="mergers.png")
    (axes,) = figure.axes
    assert tick_labels(axes.yaxis) == ["mass ratio 0.5\nsize ratio 1", "mass ratio 1\nsize ratio 1"]
    sheet = axes.images[0].get_array()[::4, ::4]
    if pericentre:  # the second begins 10 Myr earlier before its pericentre, and ends so much earlier after it
        # Columns are at -40, 10, ... 160 Myr, snapshots of the first merger at -30, -20, ... 160 Myr.
        assert axes.get_title() == "Time since the first pericentre of each; nearest snapshots, up to 10 Myr off"
        assert tick_labels(axes.xaxis)[::4] == ["−40 Myr", "160 Myr"]
        np.testing.assert_allclose(sheet[:, 0], [1 / 20, 1 / 20])
        np.testing.assert_allclose(sheet[:, 2], [10 / 20, 11 / 20])
    else:
        # Columns are at 0, 47.5, 95, 142.5 and 190 Myr.
        assert axes.get_title() == "Time since the start of the simulation of each; nearest snapshots, up to 5 Myr off"
        assert tick_labels(axes.xaxis)[::4] == ["0 Myr", "190 Myr"]
        np.testing.assert_allclose(sheet[0], sheet[1])


def test_a_sample_shows_each_camera_in_the_colour_of_its_split(drawn):
    catalogue = pd.DataFrame(
        {
            "group": ["s_1_m_1"] * CAMERA_COUNT + ["isolated_01"] * CAMERA_COUNT,
            "camera": [*range(CAMERA_COUNT)] * 2,
            "damaged": False,
        }
    )
    catalogue.loc[(catalogue["group"] == "isolated_01") & (catalogue["camera"] == 13), "damaged"] = True
    split = pd.DataFrame(
        {
            "group": ["s_1_m_1"] * 3 + ["isolated_01"] * 4,
            "camera": [0, 0, 1, 0, 0, 5, 5],
            "split": ["train", "train", "validation", "test", "test", "train", "test"],
            "t_myr": [0, 10, 10, 0, 20, 0, 10],
        }
    )
    left, right = drawn(plot_sample, catalogue, split).axes
    cells = left.images[0].get_array()
    assert cells.shape == (2, CAMERA_COUNT, 3) and tick_labels(left.yaxis) == ["mass 1, size 1", "lone galaxy 01"]
    assert left.get_xlabel() == "camera" and tick_labels(left.xaxis) == [str(n) for n in range(CAMERA_COUNT)]
    colours = {name: np.array(to_rgb(colour)) for name, colour in COLOURS.items()}
    for (row, camera), colour in {
        (0, 0): colours["train"],
        (0, 1): colours["validation"],
        (1, 0): colours["test"],
        (1, 5): (colours["train"] + colours["test"]) / 2,
        (1, 13): to_rgb(DAMAGED),
        (0, 13): to_rgb(NOT_USED),
    }.items():
        np.testing.assert_allclose(cells[row, camera], colour, atol=1e-6)
    assert (
        labels(right) == ("time since the start of the simulation (Myr)", "images") and right.get_title() == "7 images"
    )
    # One bar at each of three times for each split, one on the other.
    heights = {name: [bar.get_height() for bar in bars] for name, bars in zip(COLOURS, right.containers, strict=True)}
    assert heights == {"train": [2, 1, 0], "validation": [0, 1, 0], "test": [1, 1, 1]}
    assert [bar.get_y() for bar in right.containers[2]] == [2, 2, 0]
    assert [bar.get_width() for bar in right.containers[0]] == [10, 10, 10]


@pytest.mark.parametrize("damaged", [True, False])
def test_the_legend_of_a_sample_tells_what_is_there(drawn, damaged):
    catalogue = pd.DataFrame({"group": ["s_1_m_1"] * 2, "camera": [0, 1], "damaged": [False, damaged]})
    split = pd.DataFrame({"group": ["s_1_m_1"], "camera": [0], "split": ["train"], "t_myr": [5]})
    (legend,) = drawn(plot_sample, catalogue, split).legends
    assert [text.get_text() for text in legend.get_texts()] == [*COLOURS, "not used", *["damaged"] * damaged]


def measured():
    """Statistics of two simulations with four images at each of six times, of which one could not be measured."""
    values = np.random.default_rng(1).random((48, len(STATISTICS)))
    morphology = pd.DataFrame(values, columns=STATISTICS)
    morphology.loc[3, list(STATISTICS)] = np.nan
    morphology.insert(0, "row", np.arange(48)[::-1])
    split = pd.DataFrame({"group": ["a", "b"] * 24, "t_myr": np.arange(48) // 8 * 10.0, "isolated": False})
    return morphology, split


@pytest.mark.parametrize("pericentres", [{"a": np.array([20, 50]), "b": np.array([25])}, {}], ids=["known", "unknown"])
def test_morphology_is_drawn_over_time(drawn, pericentres):
    morphology, split = measured()
    figure = drawn(plot_morphology, morphology, split, pericentres)
    *panels, key = figure.axes
    assert {axes.get_xlabel() for axes in panels} == {"time since the start of the simulation (Myr)"}
    names = ["Gini coefficient", "$M_{20}$", "concentration", "asymmetry", "nuclear separation\n(image widths)"]
    assert [axes.get_ylabel() for axes in panels] == names
    images = morphology.join(split, on="row")
    for axes, statistic in zip(panels, STATISTICS, strict=True):
        first, second, median = axes.lines
        np.testing.assert_allclose(median.get_xdata(), np.arange(6) * 10)
        np.testing.assert_allclose(median.get_ydata(), images.groupby("t_myr")[statistic].median())
        for line, group in ((first, "a"), (second, "b")):
            own = images[images["group"] == group]
            np.testing.assert_allclose(line.get_ydata(), own.groupby("t_myr")[statistic].median())
        band, passages = axes.collections
        low, high = (images.groupby("t_myr")[statistic].quantile(share) for share in (0.16, 0.84))
        corners = band.get_paths()[0].vertices[:, 1]
        assert (corners.min(), corners.max()) == pytest.approx((low.min(), high.max()))
        assert [segment[0, 0] for segment in passages.get_segments()] == ([20, 50, 25] if pericentres else [])
    entries = [text.get_text() for text in key.get_legend().get_texts()]
    assert entries[:3] == ["median of all images", "68 % of images", "median of each simulation"]
    assert entries[3:] == ["pericentric passages of all simulations"] * bool(pericentres)


def test_the_same_data_give_the_same_file(tmp_path):
    morphology, split = measured()
    for name in ("first.svg", "again.svg"):
        plot_morphology(morphology, split, {}, tmp_path / name)
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()
