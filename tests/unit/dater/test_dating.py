"""Dating by a dater alone: what it holds, and the command ``deepgalaxy date`` in a directory of its own."""

import h5py
import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.archive import read_archive, write_archive
from deepgalaxy.dater.command import main
from deepgalaxy.dater.dater import Dater, Eye
from deepgalaxy.evaluation.conformal import central_scores, conformal_level
from deepgalaxy.evaluation.predictions import Predictions
from deepgalaxy.observed.features import feature_network
from deepgalaxy.observed.preparing import as_observed


def test_a_dater_holds_what_belongs_to_its_network(packed):
    dater = Dater.read(packed.file)
    assert (dater.frame.pixels, dater.frame.shape, dater.frame.half_width_kpc) == (32, "disc", 40.0)
    assert dater.turns == 4 and dater.card == "# A card"
    assert set(dater.description["made_by"]) == {"deepgalaxy", "keras", "numpy", "tensorflow"}
    see = feature_network(dater.network()).predict_on_batch
    with h5py.File(packed.directory / "train.hdf5") as file:
        images, row = as_observed(file["images"][:], dater.frame), file["row"][:]
    views = [see(np.rot90(images, number, axes=(1, 2))) for number in range(4)]
    np.testing.assert_allclose(dater.features.features, np.mean(views, axis=0), rtol=1e-4, atol=1e-5)
    assert dater.features.features.dtype == np.float32
    split = pd.read_csv(packed.directory / "split.csv")
    assert dater.training["row"].tolist() == row.tolist()
    assert dater.training["group"].tolist() == split["group"].iloc[row].tolist()
    assert dater.features.lone.tolist() == split["isolated"].iloc[row].tolist()


def test_its_intervals_are_calibrated_by_the_validation_mergers(packed):
    dater, classes = Dater.read(packed.file), pd.read_csv(packed.directory / "classes.csv")
    with h5py.File(packed.directory / "validation.hdf5") as file:
        seen = Eye(dater.network(), 4).look(as_observed(file["images"][:], dater.frame))
        truth = [file[name][:] for name in ("label", "target_myr", "row")]
    predictions = Predictions(seen.probabilities, *truth)
    group = pd.read_csv(packed.directory / "split.csv")["group"].to_numpy()[predictions.row[predictions.timed]]
    assert len(set(group)) == 4
    expected = conformal_level(central_scores(predictions, classes), group, 0.68)
    assert dater.levels == {"0.68": pytest.approx(expected, rel=1e-4), "0.9": None}  # which takes nine


def test_the_same_run_makes_the_same_bytes(packed):
    assert packed.again("other.zip").read_bytes() == packed.file.read_bytes()


def test_probabilities_are_the_mean_over_turns(packed):
    dater = Dater.read(packed.file)
    network = dater.network()
    with h5py.File(packed.directory / "test.hdf5") as file:
        images = file["images"][:3]
    turned = [network.predict_on_batch(np.rot90(images, number, axes=(1, 2))) for number in range(4)]
    response, nothing = (Eye(network, 4).look(some) for some in (images, images[:0]))
    assert set(response.properties) == {"separation_kpc", "line_of_sight", "lone"} == set(nothing.properties)
    for name, given in (response.properties | {"probabilities": response.probabilities}).items():
        np.testing.assert_allclose(given, np.mean([view[name] for view in turned], axis=0), atol=1e-5)
    again = Eye(network, 4).look(np.rot90(images, axes=(1, 2)))
    np.testing.assert_allclose(again.features, response.features, rtol=1e-4, atol=1e-5)
    assert nothing.probabilities.shape == (0, 3) and nothing.properties["separation_kpc"].shape == (0, 16)


def test_a_dater_of_another_stretch_is_refused(packed, tmp_path):
    members, description = read_archive(packed.file)
    write_archive(members, description | {"stretch": {"faintest": 1, "brightest": 2}}, tmp_path / "other.zip")
    with pytest.raises(ValueError, match="images with another stretch"):
        Dater.read(tmp_path / "other.zip")


def test_a_network_that_keras_cannot_load_ends_in_a_sentence(packed, tmp_path):
    members, description = read_archive(packed.file)
    write_archive(members | {"model.keras": b"nonsense"}, description, tmp_path / "other.zip")
    with pytest.raises(ValueError, match="The network cannot be loaded by Keras"):
        Dater.read(tmp_path / "other.zip").network()


@pytest.fixture
def elsewhere(packed, tmp_path, monkeypatch):
    """A directory with a dater, and a directory of images: two galaxies, and a file that is none."""
    (tmp_path / "images").mkdir()
    (tmp_path / "dater.zip").write_bytes(packed.file.read_bytes())
    down, right = np.mgrid[:100, :140]
    for name, size in (("a", 5), ("b", 8)):
        light = np.exp(-np.hypot(down - 50, right - 70) / size)
        iio.imwrite(tmp_path / f"images/{name}.png", np.rint(250 * light).astype(np.uint8))
    (tmp_path / "images/c.fits").write_text("no image")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def date(monkeypatch, capsys):
    """A function that runs the command, and returns its exit status and what it said. TensorFlow runs already."""
    monkeypatch.setattr("deepgalaxy.dater.date.configure_tensorflow", lambda _: None)
    monkeypatch.setattr("deepgalaxy.dater.command_line.on_stop_signals", lambda _: None)

    def date(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments), "--processes=1"])
        return ended.value.code, capsys.readouterr()

    return date


def test_a_directory_is_dated_from_anywhere(elsewhere, date):
    code, said = date("dater.zip", "images", "-o", "times.csv", "--distributions", "all.csv")
    assert code == 0 and "2 of 3 images dated" in said.err and said.out == ""
    assert "c.fits is not used. It is not a JPEG, PNG, TIFF or FITS file." in said.err
    table = pd.read_csv("times.csv").set_index("id")
    assert table["used"].to_dict() == {"a.png": True, "b.png": True, "c.fits": False}
    assert (table.loc["b.png", "width"], table.loc["b.png", "field"]) == (140, "assumed")
    assert table.loc["b.png", "interval_by"] == "validation mergers"
    assert table["lone_probability"].between(0, 1).sum() == 2 and table["neighbour_1_group"].notna().sum() == 2
    dated = table[table["used"]]
    assert (dated["separation_kpc_low"] < dated["separation_kpc"]).all()
    assert (dated["separation_kpc"] < dated["separation_kpc_high"]).all()
    assert (dated["separation_kpc_interval_by"] == "validation mergers").all() and dated["lone"].between(0, 1).all()
    axis = dated[[f"line_of_sight_{name}" for name in "xyz"]].to_numpy(float)
    np.testing.assert_allclose((axis**2).sum(axis=1), 1)
    assert "merged" not in table and pd.isna(table.loc["c.fits", "separation_kpc"])
    sums = pd.read_csv("all.csv").groupby("id")["probability"].sum()
    assert sums.to_dict() == pytest.approx({"a.png": 1, "b.png": 1})
    assert sorted(path.name for path in elsewhere.iterdir()) == ["all.csv", "dater.zip", "images", "times.csv"]


def test_a_catalogue_is_dated_row_by_row(elsewhere, date):
    catalogue = "file,id,kpc_per_pixel\nimages/b.png,near,1\nimages/b.png,far,2\nimages/none.png,gone,1\n"
    (elsewhere / "cat.csv").write_text(catalogue)
    code, _ = date("dater.zip", "cat.csv", "-o", "times.csv", "--quiet")
    table = pd.read_csv("times.csv").set_index("id")
    assert code == 0 and table["used"].tolist() == [True, True, False]
    assert table["reason"]["gone"] == "It is neither a file nor a link to one."
    assert table["field"].dropna().unique().tolist() == ["from the catalogue"]
    # 40 kpc to each side are 40 pixels, and 20, in an image of 140 by 100.
    assert table["share_in_image"].dropna().tolist() == [1, 1] and table["kpc_per_pixel"].tolist()[:2] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.zip", "images", "-o", "t.csv"), "none.zip is not a file; a dater is what"),
        (("images/a.png", "images", "-o", "t.csv"), "is damaged, or no zip file"),
        (("dater.zip", "images", "-o", "no/t.csv"), "there is no directory no"),
        (("dater.zip", "none.csv", "-o", "t.csv"), "The catalogue none.csv cannot be read as CSV"),
        (("dater.zip", "images/c.fits", "-o", "dater.zip"), "dater.zip is among what is read"),
        (("dater.zip", "images", "-o", "images/a.png"), "images/a.png is among what is read"),
        (("dater.zip", "images", "-o", "t.csv", "--distributions", "dater.zip"), "dater.zip is among what is read"),
        (
            ("dater.zip", "images", "-o", "t.csv", "--distributions", "./t.csv"),
            "t.csv is among what is read or written",
        ),
        (("dater.zip", "images", "-o", "images"), "images is a directory; name a file"),
        (("dater.zip", "empty", "-o", "t.csv"), "the directory 'empty' has no file that ends in"),
    ],
)
def test_what_cannot_be_done_ends_in_a_sentence_and_no_table(elsewhere, date, arguments, words):
    (elsewhere / "empty").mkdir()
    code, said = date(*arguments)
    assert code == 1 and words in said.err and "Traceback" not in said.err
    assert not (elsewhere / "t.csv").exists()


def test_if_nothing_can_be_dated_the_table_says_why_and_the_status_too(elsewhere, date):
    code, said = date("dater.zip", "images/c.fits", "images/missing.png", "-o", "times.csv")
    assert code == 1 and "0 of 2 images dated" in said.err
    table = pd.read_csv(elsewhere / "times.csv")
    assert table["reason"].notna().all() and table["expected_myr"].isna().all()


@pytest.mark.parametrize("option", ["--processes=0", "--largest-megapixels=-1", "--memory-budget-mib=0"])
def test_options_are_checked(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["dater.zip", "images", "-o", "t.csv", option])
    assert ended.value.code == 2 and "is not a" in capsys.readouterr().err  # … at least 1, above 0
