"""Simple models of properties, and the table of all that predict them."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.baselines.components import write_components
from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.figures.properties import plot_properties
from deepgalaxy.properties.guesses import Guess, guess_properties, read_all, write_guesses
from deepgalaxy.properties.scores import labels_of
from deepgalaxy.properties.table import NOT_KNOWN, NOT_TESTED, tabulate_properties
from deepgalaxy.sample.properties import describe_targets

NAMES = ["t_peri_myr", "line_of_sight", "lone", "merged"]
SPLITS = {"train": 60, "validation": 24, "test": 24}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Images that are as bright as their time, of simulations of which every fourth is a lone galaxy."""
    directory, rng = tmp_path_factory.mktemp("sample"), np.random.default_rng(1)
    count = sum(SPLITS.values())
    simulation = np.arange(count) // 6
    lone = simulation % 4 == 0
    time = np.where(lone, np.nan, rng.uniform(0, 100, count))
    line = rng.normal(size=(count, 3)) * np.where(lone, np.nan, 1)[:, None]
    line /= np.linalg.norm(line, axis=1, keepdims=True)
    split = pd.DataFrame(
        {
            "group": [f"simulation {number}" for number in simulation],
            "camera": np.arange(count) % 14,
            "split": np.repeat(list(SPLITS), list(SPLITS.values())),
            "t_peri_myr": time,
            **dict(zip((f"line_of_sight_{axis}" for axis in "xyz"), line.T)),
            "lone": lone.astype(float),
            "merged": np.nan,
        }
    )
    images = np.where(lone, 255, 2 * np.nan_to_num(time)).astype(np.uint8)[:, None, None, None] * np.ones(
        (8, 8, 1), np.uint8
    )
    for name in SPLITS:
        rows = rng.permutation(np.flatnonzero(split["split"] == name))
        with h5py.File(directory / f"{name}.hdf5", "w") as file:
            file["images"], file["row"] = images[rows], rows
    morphology = pd.DataFrame({"row": np.arange(count), "split": split["split"]})
    morphology[list(STATISTICS)] = rng.normal(size=(count, len(STATISTICS)))
    targets = describe_targets(split, NAMES)
    prepared = {name: directory / f"{name}.hdf5" for name in SPLITS}
    write_components(prepared, 1, directory / "components.hdf5")
    guesses = guess_properties(directory / "components.hdf5", morphology, split, targets)
    write_guesses(guesses, directory / "guesses.hdf5")
    for part, name in (("test", "predictions"), ("validation", "validation_predictions")):
        rows = rng.permutation(np.flatnonzero(split["split"] == part))
        with h5py.File(directory / f"{name}.hdf5", "w") as file:
            file["row"] = rows
            for target in targets[:3]:
                true = split[target.columns].to_numpy()[rows]
                known = np.nan_to_num(true, nan=0.5)
                file[f"properties/{target.name}/predicted"] = labels_of(known, target)
    paths = [directory / f"{name}.hdf5" for name in ("predictions", "validation_predictions", "guesses")]
    return split, targets, read_all(*paths, targets)


def test_every_simple_model_predicts_all_that_is_learnt(sample):
    split, targets, guesses = sample
    assert list(guesses) == NAMES[:3] and not targets[3].learnt
    for target in targets[:3]:
        models = guesses[target.name]
        assert [guess.name for guess in models] == [
            *("network", "marginal", "nearest_neighbours", "pixels", "pixels_turned"),
        ]
        for guess in models:
            assert guess.predicted["test"].shape == (24, target.bins)
            np.testing.assert_array_equal(guess.rows["test"], np.flatnonzero(split["split"] == "test"))
    marginal = guesses["lone"][1].predicted["test"]
    np.testing.assert_allclose(marginal[:, 1], split.loc[split["split"] == "train", "lone"].mean(), rtol=1e-6)


def test_the_table_has_each_model_and_the_gain_of_the_network(sample):
    split, targets, guesses = sample
    table = tabulate_properties(guesses, targets, split, seed=1).set_index(["property", "model"])
    time = table.loc["t_peri_myr"]
    assert time.loc["network", "median_abs_error"] < 1 < 10 < time.loc["marginal", "median_abs_error"]
    assert time.loc["pixels", "median_abs_error"] < time.loc["nearest_neighbours", "median_abs_error"]
    assert time.loc["network", "strongest"] in ("pixels", "pixels_turned") and time.loc["network", "gain"] > 0
    assert time.loc["marginal", "r2"] == pytest.approx(0) and time.loc["network", "r2"] > 0.99
    assert (time["known"] == split[split["split"] == "test"]["t_peri_myr"].notna().sum()).all()
    assert (time["images"] == 24).all() and (time["simulations"] == 3).all()
    line = table.loc[("line_of_sight", "network")]
    assert line["median_abs_error"] == pytest.approx(0, abs=0.1) and line["unit"] == "degrees"
    assert table.loc[("lone", "network"), "auc"] == 1 and table.loc[("lone", "marginal"), "auc"] == 0.5
    unknown = table.loc["merged"]
    assert list(unknown.index) == ["network"] and unknown.loc["network", "note"] == NOT_KNOWN
    assert unknown.loc["network", "known"] == 0


def test_an_area_has_an_interval_if_there_are_several_simulations_of_each_kind(sample):
    split, targets, guesses = sample
    finer = split.assign(group=split["group"] + (split.index % 2).astype(str))  # two lone galaxies to test, not one
    network, *others = guesses["lone"]
    rng = np.random.default_rng(1)
    unsure = {part: rng.dirichlet(np.ones(2), len(rows)) for part, rows in network.rows.items()}
    guess = Guess("network", "", network.rows, unsure)
    row = tabulate_properties({"lone": [guess, *others]}, targets[2:3], finer, seed=1).iloc[0]
    assert 0 <= row["auc_low"] < row["auc"] < row["auc_high"] <= 1
    row = tabulate_properties({"lone": [guess, *others]}, targets[2:3], split, seed=1).iloc[0]
    assert row["auc_low"] is None and row["auc_high"] is None


def test_what_is_not_known_of_test_images_is_said_to_be_so(sample):
    split, targets, guesses = sample
    without = split.assign(t_peri_myr=split["t_peri_myr"].where(split["split"] != "test"))
    table = tabulate_properties(guesses, targets[:1], without, seed=1)
    assert (table["note"] == NOT_TESTED).all() and (table["known"] == 0).all()


def test_predictions_of_other_images_are_refused(sample):
    split, targets, guesses = sample
    network, *others = guesses["lone"]
    shorter = {part: rows[:-1] for part, rows in network.rows.items()}
    fewer = Guess("network", "", shorter, {part: values[:-1] for part, values in network.predicted.items()})
    with pytest.raises(ValueError, match="lone of different test images"):
        tabulate_properties({"lone": [fewer, *others]}, targets[2:3], split, seed=1)


def test_the_figure_has_a_panel_for_each_property(sample, tmp_path):
    split, targets, guesses = sample
    tabulate_properties(guesses, targets, split, seed=1).to_csv(tmp_path / "table.csv", index=False)
    plot_properties(guesses, targets, split, pd.read_csv(tmp_path / "table.csv"), tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text()
    assert text.count('id="axes_') == 4
