"""Selection by glob, labels in order of time, splits without leakage."""

import os
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgalaxy.image_file import create_group, group_name, parse_group_name
from deepgalaxy.sample import (
    SPLITS,
    camera_numbers,
    label_images,
    list_images,
    match_groups,
    select_images,
    split_by_simulation,
)

RATIOS = (0.25, 0.5, 0.75, 1, 1.25, 1.5)
CENSUS = [group_name(s, m) for s in RATIOS for m in RATIOS]


@pytest.mark.parametrize(
    ("patterns", "exclude", "count"),
    [
        (["s_*"], None, 36),
        (["s_1_*"], None, 6),
        (["s_1.5_*"], None, 6),
        (["s_1_m_1"], None, 1),
        (["s_1_m_1*"], None, 3),
        (["s_1_*", "s_1.5_*"], None, 12),
        (["s_*"], ["s_*_m_0.25"], 30),
    ],
)
def test_globs_match_whole_names(patterns, exclude, count):
    assert len(match_groups(CENSUS, patterns, exclude)) == count


def test_a_glob_that_matches_nothing_lists_what_there_is():
    with pytest.raises(ValueError, match=r"'s_2_\*' matches no group; the dataset has s_1_m_1, s_1_m_0.5"):
        match_groups(["s_1_m_1", "s_1_m_0.5"], ["s_2_*"])
    with pytest.raises(ValueError, match="leave no group"):
        match_groups(["s_1_m_1"], ["s_*"], ["s_1_*"])


def test_cameras_by_count_or_by_number():
    assert camera_numbers(3) == [0, 1, 2]
    assert camera_numbers([13, 0]) == [0, 13]
    for wrong in (0, 15, [14], []):
        with pytest.raises(ValueError, match="count from 1 to 14"):
            camera_numbers(wrong)


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "datasets" / "images.hdf5"
    path.parent.mkdir()
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for s in (1, 1.5):
            images = rng.uniform(size=(14, 5, 4, 4, 1)).astype(np.float16)
            create_group(file, group_name(s, 1), images, 300 + np.arange(5) * 5, {"seed": 3})
    return path


def test_a_subset_shows_the_original_and_moves_with_it(dataset, tmp_path, monkeypatch):
    subset = tmp_path / "samples" / "x" / "subset.hdf5"
    monkeypatch.chdir(tmp_path)
    select_images(os.path.relpath(dataset), ["s_1_*"], [2, 9], os.path.relpath(subset), time_myr=(304, 316))
    with h5py.File(dataset) as original, h5py.File(subset) as file:
        assert list(file) == ["s_1_m_1"]
        assert sorted(file["s_1_m_1"]) == [f"{n}_camera_{c}" for n in ("images", "t_myr") for c in ("02", "09")]
        assert file["s_1_m_1/t_myr_camera_09"][:].tolist() == [305, 310, 315]
        assert file["s_1_m_1"].attrs["seed"] == 3
        np.testing.assert_array_equal(file["s_1_m_1/images_camera_09"][:], original["s_1_m_1/images_camera_09"][1:4])
        expected = original["s_1_m_1/images_camera_02"][1]
    # Moved as a whole, and read from elsewhere.
    moved = shutil.copytree(tmp_path, tmp_path.with_name(tmp_path.name + "-moved"))
    shutil.rmtree(tmp_path / "datasets")
    monkeypatch.chdir("/")
    with h5py.File(moved / "samples" / "x" / "subset.hdf5") as file:
        np.testing.assert_array_equal(file["s_1_m_1/images_camera_02"][0], expected)
    images = list_images(moved / "samples" / "x" / "subset.hdf5")
    assert images.columns.tolist() == ["group", "size_ratio", "mass_ratio", "camera", "snapshot", "t_myr"]
    assert images[["camera", "snapshot", "t_myr"]].iloc[4].tolist() == [9, 1, 310]


def test_a_time_window_without_snapshots_says_what_times_there_are(dataset, tmp_path):
    with pytest.raises(ValueError, match="no snapshot from 0 to 299 Myr; its times run from 300 to 320 Myr"):
        select_images(dataset, ["s_*"], 14, tmp_path / "subset.hdf5", time_myr=(0, 299))
    assert not (tmp_path / "subset.hdf5").exists()


def census(groups=CENSUS, cameras=14, times=range(300, 655, 5)):
    """The table of images of a file like the published one."""
    table = pd.MultiIndex.from_product([groups, range(cameras), times], names=["group", "camera", "t_myr"])
    table = table.to_frame(index=False)
    table[["size_ratio", "mass_ratio"]] = table["group"].map(parse_group_name).tolist()
    return table


def test_labels_of_the_full_census_are_upstreams():
    images = census()
    assert len(images) == 35784
    by_time, times = label_images(images, "time")
    both, classes = label_images(images, "time_camera")
    assert len(times) == 71 and len(classes) == 994
    # label = (t / 5 - first) x 14 + camera, in order of time
    np.testing.assert_array_equal(both["label"], (images["t_myr"] // 5 - 60) * 14 + images["camera"])
    np.testing.assert_array_equal(by_time["label"], images["t_myr"] // 5 - 60)
    assert classes.loc[14 * 3 + 5, ["label", "t_centre_myr", "camera"]].tolist() == [47, 315, 5]


@given(st.integers(2, 71))
def test_time_bins_are_equal_ordered_and_hold_their_times(bins):
    images, classes = label_images(census(groups=["s_1_m_1"], cameras=1), "time_bins", bins)
    np.testing.assert_allclose(np.diff(classes["t_from_myr"]), 350 / bins)
    own = classes.loc[images["label"]].reset_index()
    assert (images["t_myr"] >= own["t_from_myr"] - 1e-9).all() and (images["t_myr"] <= own["t_to_myr"] + 1e-9).all()
    assert (np.diff(images["label"]) >= 0).all()


def test_impossible_labels_are_refused():
    with pytest.raises(ValueError, match="leave some empty"):
        label_images(census(groups=["s_1_m_1"]), "time_bins", 72)
    with pytest.raises(ValueError, match="no class task 'mass'"):
        label_images(census(groups=["s_1_m_1"]), "mass")


fractions = st.floats(0, 0.3)


@given(st.sets(st.sampled_from(CENSUS), min_size=3), fractions, fractions, st.integers(0, 2**32 - 1))
def test_no_simulation_is_in_two_splits(groups, validation, test, seed):
    images = split_by_simulation(census(sorted(groups), 2, [0, 5]), validation, test, seed)
    assert (images.groupby("group")["split"].nunique() == 1).all()
    assert set(images["split"]) == set(SPLITS)
    assert images.equals(split_by_simulation(census(sorted(groups), 2, [0, 5]), validation, test, seed))


def test_too_few_simulations_to_split_are_refused():
    with pytest.raises(ValueError, match="none to train on"):
        split_by_simulation(census(["s_1_m_1", "s_1_m_0.5"]), 0.2, 0.2, 1)
