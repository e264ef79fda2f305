"""Classes that count from the first pericentre, isolated galaxies among them."""

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.sample.label import AFTER_COALESCENCE, FIRST_PERICENTRE, NO_MERGER, label_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import split_images
from deepgalaxy.sample.units import select_groups
from support.datasets import create_group

TIMES = np.arange(0, 700, 20)


def merger(name, first_myr, coalescence_myr=np.nan, times=TIMES):
    """The images of one camera of a merger, or of an isolated galaxy."""
    about = {"group": name, "isolated": name.startswith("isolated"), "camera": 0}
    about |= {"first_pericentre_myr": first_myr, "coalescence_myr": coalescence_myr}
    return pd.DataFrame({"snapshot": range(len(times)), "t_myr": times}).assign(**about)


def stages(*mergers, bins=5, from_myr=-100, to_myr=400):
    return label_images(pd.concat(mergers, ignore_index=True), "stage_bins", bins, from_myr, to_myr)


def test_stages_count_from_the_first_pericentre_of_each_merger():
    early, late = merger("s_1_m_1", 110, 480), merger("s_1_m_0.5", 150)
    images, classes = stages(early, late, merger("isolated_01", np.nan))
    names = [f"{start} to {start + 100} Myr" for start in range(-100, 400, 100)]
    assert classes["name"].tolist() == [*names, AFTER_COALESCENCE, NO_MERGER]
    assert classes["label"].tolist() == list(range(7)) and set(classes["counts_from"]) == {FIRST_PERICENTRE}
    assert classes["ordered"].tolist() == [True] * 6 + [False]
    assert classes[["t_from_myr", "t_to_myr", "t_centre_myr"]].iloc[5:].isna().all(axis=None)
    assert classes["t_centre_myr"].tolist()[:5] == [-50, 50, 150, 250, 350]
    by_group = {name: some.set_index("t_myr") for name, some in images.groupby("group")}
    # 20 Myr is 90 Myr before the pericentre of the first; at 480 Myr, 370 after it, this one coalesces.
    first = by_group["s_1_m_1"]
    assert first["label"][[20, 100, 120, 460, 480, 680]].tolist() == [0, 0, 1, 4, 5, 5]
    assert first["target_myr"][[20, 100, 460]].tolist() == [-90, -10, 350] and np.isnan(first["target_myr"][480])
    # The other one never does: its images up to 400 Myr after the pericentre are taken, the end included.
    second = by_group["s_1_m_0.5"]
    assert (second.index.min(), second.index.max()) == (60, 540)
    assert set(by_group["isolated_01"]["label"]) == {6} and by_group["isolated_01"]["target_myr"].isna().all()
    assert images.index.tolist() == list(range(len(images)))


def test_what_is_left_out_is_told(caplog):
    with caplog.at_level("INFO", "deepgalaxy"):
        images, classes = stages(merger("s_1_m_1", 110), merger("s_1_m_2", np.nan))
    # 0 Myr is 110 before the pericentre; 520 to 680 Myr are later than 400 after it.
    assert "45 images have no class and are left out: 1 before -100 Myr, 9 after 400 Myr" in caplog.text
    assert "35 of mergers without a pericentre" in caplog.text
    assert set(images["group"]) == {"s_1_m_1"} and len(classes) == 5
    caplog.clear()
    with caplog.at_level("INFO", "deepgalaxy"):
        stages(merger("s_1_m_1", 110, 520, TIMES[1:]))
    assert "left out" not in caplog.text


quarters = st.integers(0, 1200).map(lambda number: number / 4)  # of a Myr


@settings(deadline=None)
@given(
    st.lists(st.tuples(quarters, st.floats(200, 900) | st.just(np.nan)), min_size=1, max_size=5),
    st.integers(1, 3),
)
def test_every_image_has_the_class_that_its_time_says(mergers, bins):
    everything = [merger(f"s_1_m_{n}", *events) for n, events in enumerate(mergers, start=1)]
    everything.append(merger("s_2_m_2", 100.0, 600.0))  # which fills every class
    images, classes = stages(*everything, bins=bins)
    own = classes.loc[images["label"]].reset_index(drop=True)
    time, coalesced = images["t_myr"] - images["first_pericentre_myr"], images["t_myr"] >= images["coalescence_myr"]
    assert ((own["name"] == AFTER_COALESCENCE) == coalesced).all()
    assert (images["target_myr"].isna() == coalesced).all()
    assert (own["t_from_myr"] <= images["target_myr"])[~coalesced].all()
    assert (images["target_myr"] <= own["t_to_myr"])[~coalesced].all()
    np.testing.assert_array_equal(images["target_myr"][~coalesced], time[~coalesced])
    before, after = ((pd.concat(everything).eval(f"t_myr - first_pericentre_myr {side}")) for side in ("<-100", ">400"))
    late = pd.concat(everything).eval("t_myr >= coalescence_myr")
    assert len(images) == sum(map(len, everything)) - ((before | after) & ~late).sum()


@pytest.mark.parametrize("shift", [-0.4, -0.1, 0.0, 0.1, 0.3, 0.7])
def test_a_stage_holds_what_begins_it(shift):
    # 0.7 - 0.4 is a little less than 0.3, and so on.
    times = np.arange(0, 21) * 0.1 + shift
    images, classes = stages(merger("s_1_m_1", shift, times=times), bins=5, from_myr=0, to_myr=2)
    assert images["label"].tolist() == [*np.arange(20) // 4, 4]
    np.testing.assert_allclose(classes["t_centre_myr"], [0.15, 0.55, 0.95, 1.35, 1.8])


def test_impossible_stages_are_refused():
    with pytest.raises(
        ValueError, match=r"No merger of this sample has a recorded pericentre, .*; set `task: time_bins"
    ):
        stages(merger("s_1_m_1", np.nan), merger("isolated_01", np.nan))
    with pytest.raises(ValueError, match="No image lies in the class '200 to 300 Myr'; lower `bins`"):
        stages(merger("s_1_m_1", 110, times=TIMES[:12]))
    with pytest.raises(ValueError, match="needs `from_myr`, a later `to_myr`"):
        stages(merger("s_1_m_1", 110), to_myr=-100)
    with pytest.raises(ValueError, match=r"isolated_01, isolated_02 and no merger are selected, .* such as `s_"):
        stages(merger("isolated_01", np.nan), merger("isolated_02", np.nan))
    with pytest.raises(ValueError, match="isolated_02 is no merger and has no class of the task time_bins; leave"):
        label_images(pd.concat([merger("s_1_m_1", 110), merger("isolated_02", np.nan)]), "time_bins", 2)


@pytest.fixture
def dataset(tmp_path):
    """A file of two mergers and two isolated galaxies."""
    images = np.random.default_rng(1).random((14, 5, 4, 4, 1)).astype(np.float16)
    events = {
        "isolated_02": {"isolated": True},
        "s_1.5_m_1": {"pericentres_myr": [10.0, 17.0], "coalescence_myr": 18.0},
        "isolated_01": {"isolated": True},
        "s_1_m_1": {"pericentres_myr": np.array([]), "coalescence_myr": np.nan},
    }
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for name, attributes in events.items():
            create_group(file, name, images, np.arange(5) * 5, attributes)
    return tmp_path / "images.hdf5"


def test_isolated_galaxies_and_events_are_catalogued(dataset):
    catalogue = catalogue_dataset(dataset).drop_duplicates("group").set_index("group")
    assert catalogue.index.tolist() == ["s_1_m_1", "s_1.5_m_1", "isolated_01", "isolated_02"]
    assert catalogue["isolated"].tolist() == [False, False, True, True]
    assert catalogue.loc["isolated_01", ["size_ratio", "mass_ratio", "first_pericentre_myr"]].isna().all()
    assert catalogue.loc["s_1.5_m_1", ["first_pericentre_myr", "coalescence_myr"]].tolist() == [10, 18]
    assert catalogue.loc["s_1_m_1", ["first_pericentre_myr", "coalescence_myr"]].isna().all()
    assert catalogue_dataset(dataset, ["isolated_02/03"])["damaged"].sum() == 1


def test_isolated_galaxies_are_selected_by_their_names_only(dataset, tmp_path):
    names = ["isolated_01", "s_1_m_1", "s_1.5_m_1"]
    assert select_groups(names, ["s_*"]) == ["s_1_m_1", "s_1.5_m_1"]
    assert select_groups(names, ["*"], mass_ratio=(1, 1), size_ratio=(1.2, 2)) == ["s_1.5_m_1", "isolated_01"]
    select_images(dataset, catalogue_dataset(dataset), tmp_path / "subset.hdf5", 2, groups=["s_1.5_*", "isolated_*"])
    images = list_images(tmp_path / "subset.hdf5")
    assert images["group"].unique().tolist() == ["s_1.5_m_1", "isolated_01", "isolated_02"]
    assert images.loc[images["isolated"], "group"].nunique() == 2
    assert images.groupby("group")["first_pericentre_myr"].first().dropna().to_dict() == {"s_1.5_m_1": 10}
    labelled, classes = label_images(images, "stage_bins", 2, from_myr=-10, to_myr=10)
    assert classes["name"].tolist() == ["-10 to 0 Myr", "0 to 10 Myr", AFTER_COALESCENCE, NO_MERGER]
    # The isolated galaxies are units of a split as mergers are.
    split = split_images(labelled, "simulation", validation=0.3, test=0.3, seed=1)
    assert (split.groupby("group")["split"].nunique() == 1).all() and split["split"].nunique() == 3
