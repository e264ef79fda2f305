"""Selection by glob and range, labels in order of time, splits without leakage."""

import os
import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT, camera_numbers
from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.dataset.layout import group_name, is_isolated, parse_group_name, read_pericentres
from deepgalaxy.sample.label import START, label_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images
from deepgalaxy.sample.units import match_groups, select_groups
from support.datasets import create_group

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


def test_ranges_of_ratios_include_their_ends():
    assert len(select_groups(CENSUS, ["s_*"], size_ratio=(0.75, 1.25))) == 18
    assert select_groups(CENSUS, ["s_1_*"], mass_ratio=(0.5, 0.75)) == ["s_1_m_0.5", "s_1_m_0.75"]
    with pytest.raises(ValueError, match=r"size ratio within \(2, 3\) and its mass ratio within any limits"):
        select_groups(CENSUS, ["s_*"], size_ratio=(2, 3))


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


def select(dataset, output, groups, cameras, **options):
    select_images(dataset, catalogue_dataset(dataset), output, cameras, groups=groups, **options)


@pytest.mark.parametrize("copy", [False, True])
def test_a_subset_shows_the_original_and_moves_with_it(dataset, tmp_path, monkeypatch, copy):
    subset = tmp_path / "samples" / "x" / "subset.hdf5"
    monkeypatch.chdir(tmp_path)
    select(os.path.relpath(dataset), os.path.relpath(subset), ["s_1_*"], [2, 9], time_myr=(304, 316), copy=copy)
    with h5py.File(dataset) as original, h5py.File(subset) as file:
        assert list(file) == ["s_1_m_1"]
        assert sorted(file["s_1_m_1"]) == [f"{n}_camera_{c}" for n in ("images", "t_myr") for c in ("02", "09")]
        assert file["s_1_m_1/t_myr_camera_09"][:].tolist() == [305, 310, 315]
        assert file["s_1_m_1"].attrs["seed"] == 3
        images = file["s_1_m_1/images_camera_09"]
        assert images.is_virtual == (not copy)
        assert (images.chunks, images.compression) == ((1, 4, 4, 1), "gzip") if copy else images.chunks is None
        np.testing.assert_array_equal(images[:], original["s_1_m_1/images_camera_09"][1:4])
        expected = original["s_1_m_1/images_camera_02"][1]
    # Moved as a whole, and read from elsewhere; a copy goes without the original.
    moved = shutil.copytree(tmp_path, tmp_path.with_name(tmp_path.name + "-moved"))
    shutil.rmtree(tmp_path / "datasets")
    if copy:
        shutil.rmtree(moved / "datasets")
    monkeypatch.chdir("/")
    with h5py.File(moved / "samples" / "x" / "subset.hdf5") as file:
        np.testing.assert_array_equal(file["s_1_m_1/images_camera_02"][0], expected)
    images = list_images(moved / "samples" / "x" / "subset.hdf5")
    about = ["group", "size_ratio", "mass_ratio", "isolated", "first_pericentre_myr", "coalescence_myr"]
    assert images.columns.tolist() == [*about, "camera", "snapshot", "t_myr"]
    assert images[["camera", "snapshot", "t_myr"]].iloc[4].tolist() == [9, 1, 310]


@pytest.mark.skipif(shutil.which("h5dump") is None, reason="h5dump (Debian: hdf5-tools) is not installed")
def test_a_subset_opens_in_h5dump(dataset, tmp_path, run):
    select(dataset, tmp_path / "subset.hdf5", ["s_1_*"], 1)
    with h5py.File(dataset, "r+") as file:
        file["s_1_m_1/images_camera_00"][0] = 0.5
    shown = run("h5dump", "-d", "/s_1_m_1/images_camera_00[0,0,0,0;1,1,1,1;1,1,1,1;1,1,1,1]", tmp_path / "subset.hdf5")
    assert "(0,0,0,0): 0.5" in shown.stdout, shown.stdout + shown.stderr


def test_a_subset_of_a_large_file_is_small(dataset, tmp_path):
    select(dataset, tmp_path / "subset.hdf5", ["s_*"], 14)
    select(dataset, tmp_path / "copy.hdf5", ["s_*"], 14, copy=True)
    # Of a camera's 71 images of 512 pixels, 37 MB, the subset would hold the same few hundred bytes.
    assert (tmp_path / "subset.hdf5").stat().st_size < 14 * 2 * 1500


def test_damaged_units_are_left_out_and_named(dataset, tmp_path, caplog):
    with h5py.File(dataset, "r+") as file:
        del file["s_1_m_1/images_camera_03"]
    catalogue = catalogue_dataset(dataset, ["s_1_m_1/03", "s_1.5_m_1"])
    assert catalogue["damaged"].sum() == 15 and len(catalogue) == 28
    with caplog.at_level("INFO", "deepgalaxy"):
        select_images(dataset, catalogue, tmp_path / "subset.hdf5", 4, groups=["s_1_*"])
    assert "s_1_m_1/03 is damaged and not selected" in caplog.text
    assert list_images(tmp_path / "subset.hdf5")["camera"].unique().tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"All that is selected of s_1.5_m_1 is damaged; select other groups"):
        select_images(dataset, catalogue, tmp_path / "nothing.hdf5", 4, groups=["s_1.5_*"])
    assert not (tmp_path / "nothing.hdf5").exists()


def test_attributes_that_cannot_be_copied_are_left_out_with_a_word(dataset, tmp_path, caplog):
    with h5py.File(dataset, "r+") as file:
        group = file["s_1_m_1"]
        latin = h5py.h5t.C_S1.copy()
        latin.set_size(h5py.h5t.VARIABLE)
        latin.set_cset(h5py.h5t.CSET_UTF8)
        author = h5py.h5a.create(group.id, b"author", latin, h5py.h5s.create(h5py.h5s.SCALAR))
        author.write(np.array(b"Andr\xe9", h5py.string_dtype("utf-8")))
        group.attrs["neighbour"] = file["s_1.5_m_1"].ref
        group.attrs["nothing"] = h5py.Empty("f4")
        group.attrs["pericentres_myr"] = "unknown"
        group.attrs["coalescence_myr"] = [315.0]
    select(dataset, tmp_path / "subset.hdf5", ["s_*"], 1)
    with h5py.File(tmp_path / "subset.hdf5") as file:
        assert set(file["s_1_m_1"].attrs) == {"seed", "nothing", "pericentres_myr", "coalescence_myr"}
    for name in ("author", "neighbour"):
        assert f"the attribute '{name}' of s_1_m_1 cannot be copied" in caplog.text
    images = list_images(tmp_path / "subset.hdf5").groupby("group").first()
    assert np.isnan(images.loc["s_1_m_1", "first_pericentre_myr"])
    assert images.loc["s_1_m_1", "coalescence_myr"] == 315
    assert "s_1_m_1 has an attribute pericentres_myr that is no number" in caplog.text
    assert read_pericentres(tmp_path / "subset.hdf5")["s_1_m_1"].size == 0


def test_times_of_any_byte_order_and_chunks_larger_than_the_images(dataset, tmp_path):
    with h5py.File(dataset, "r+") as file:
        images, t_myr = file["s_1_m_1/images_camera_00"][:], file["s_1_m_1/t_myr_camera_00"][:]
        del file["s_1_m_1/images_camera_00"], file["s_1_m_1/t_myr_camera_00"]
        file["s_1_m_1/t_myr_camera_00"] = t_myr.astype(">i2")
        roomy = {"maxshape": (None, None, None, 1), "chunks": (16, 64, 64, 1)}
        file.create_dataset("s_1_m_1/images_camera_00", data=images, **roomy)
    select(dataset, tmp_path / "subset.hdf5", ["s_1_*"], 1, copy=True)
    assert sorted(list_images(tmp_path / "subset.hdf5")["t_myr"]) == t_myr.tolist()
    with h5py.File(tmp_path / "subset.hdf5") as file:
        np.testing.assert_array_equal(file["s_1_m_1/images_camera_00"][:], images)


@pytest.mark.parametrize(("task", "cameras"), [("time", [0, 1]), ("time_camera", [0])])
def test_images_of_a_single_class_are_refused(task, cameras):
    images = pd.DataFrame({"t_myr": 300, "camera": cameras, "isolated": False, "group": "s_1_m_1"})
    with pytest.raises(ValueError, match=r"have the class '300 Myr.* nothing to tell apart; select more times"):
        label_images(images, task)
    more = pd.concat([images, images.assign(t_myr=305)])
    assert len(label_images(more, task)[1]) == 2


def test_a_time_window_without_snapshots_says_what_times_there_are(dataset, tmp_path):
    with pytest.raises(ValueError, match="no snapshot from 0 to 299 Myr; its times run from 300 to 320 Myr"):
        select(dataset, tmp_path / "subset.hdf5", ["s_*"], 14, time_myr=(0, 299))
    with pytest.raises(ValueError, match="no snapshot from 316 to 304 Myr"):
        select(dataset, tmp_path / "subset.hdf5", ["s_*"], 14, time_myr=(316, 304))
    assert not (tmp_path / "subset.hdf5").exists()


def census(groups=CENSUS, cameras=14, times=range(300, 655, 5)):
    """The table of images of a file like the published one."""
    table = pd.MultiIndex.from_product([groups, range(cameras), times], names=["group", "camera", "t_myr"])
    table = table.to_frame(index=False)
    table[["size_ratio", "mass_ratio"]] = table["group"].map(parse_group_name).tolist()
    table["isolated"] = table["group"].map(is_isolated)
    return table.assign(first_pericentre_myr=np.nan, coalescence_myr=np.nan)


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
    assert classes.loc[47, "name"] == "315 Myr, camera 05" and times.loc[3, "name"] == "315 Myr"
    assert set(times["counts_from"]) == {START} and times["ordered"].all() and not classes["ordered"].any()
    np.testing.assert_array_equal(both["target_myr"], both["t_myr"])


@given(st.integers(2, 71))
@settings(deadline=None)
def test_time_bins_are_equal_ordered_and_hold_their_times(bins):
    images, classes = label_images(census(groups=["s_1_m_1"], cameras=1), "time_bins", bins)
    np.testing.assert_allclose(np.diff(classes["t_from_myr"]), 350 / bins)
    own = classes.loc[images["label"]].reset_index()
    assert (images["t_myr"] >= own["t_from_myr"] - 1e-9).all() and (images["t_myr"] <= own["t_to_myr"] + 1e-9).all()
    assert (np.diff(images["label"]) >= 0).all()


KINDS_OF_TIMES = {
    "times a tenth": lambda steps: 0.1 * steps,
    "sums of tenths": lambda steps: np.cumsum(np.full(len(steps), 0.1)) - 0.1,
    "half precision of tenths": lambda steps: (0.1 * steps.astype(np.float32)).astype(np.float32),
    "thirds": lambda steps: steps / 3,
    "from 300.7": lambda steps: 300.7 + 0.7 * steps,
    "integers": lambda steps: 5 * steps,
}


@pytest.mark.parametrize("kind", KINDS_OF_TIMES)
@given(bins=st.integers(2, 12), per_bin=st.integers(1, 9))
@settings(deadline=None, max_examples=25)
def test_a_time_at_an_edge_is_in_the_bin_that_begins_there(kind, bins, per_bin):
    steps = np.arange(bins * per_bin + 1)
    images = census(groups=["s_1_m_1"], cameras=1, times=KINDS_OF_TIMES[kind](steps))
    labelled, classes = label_images(images, "time_bins", bins)
    assert labelled["label"].tolist() == np.minimum(steps // per_bin, bins - 1).tolist()
    # The centre is that of the times in the bin, of which the last has one more.
    centre = images["t_myr"].groupby(labelled["label"]).mean()
    np.testing.assert_allclose(classes["t_centre_myr"], centre, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS_OF_TIMES)
def test_blocks_begin_at_their_edges(kind):
    times = KINDS_OF_TIMES[kind](np.arange(60))
    images, _ = label_images(census(CENSUS[:2], cameras=1, times=times), "time_bins", 2)
    split = split_images(images, "time_block", 0.2, 1, 0.2, block_myr=float(np.round(3 * (times[1] - times[0]), 4)))
    assert (split.groupby(split.index % 60 // 3)["split"].nunique() == 1).all()
    assert split["split"].value_counts().tolist() == [72, 24, 24]


def test_centres_are_those_of_the_times_in_a_bin():
    _, classes = label_images(census(groups=CENSUS[:2]), "time_bins", 10)
    # Of 35 Myr, a bin holds seven times, 30 Myr apart; the last one holds eight.
    assert classes["t_centre_myr"].tolist() == [*range(315, 600, 35), 632.5]
    assert classes["t_from_myr"].tolist() == list(range(300, 650, 35))


def test_times_that_only_rounding_tells_apart_are_one_class():
    images = pd.concat([census(["s_1_m_1"], 1, [0.1 * 3, 0.6]), census(["s_1_m_0.5"], 1, [0.3, 0.1 + 0.5])])
    labelled, classes = label_images(images, "time")
    assert classes["name"].tolist() == ["0.3 Myr", "0.6 Myr"] and labelled["label"].tolist() == [0, 1, 0, 1]
    # Thousandths of a Myr are told apart.
    fine = label_images(census(["s_1_m_1"], 1, 500 + np.arange(50) / 1000), "time")
    assert len(fine[1]) == 50


def test_impossible_labels_are_refused():
    with pytest.raises(ValueError, match="leave some empty"):
        label_images(census(groups=["s_1_m_1"]), "time_bins", 72)
    with pytest.raises(ValueError, match="no class task 'mass'"):
        label_images(census(groups=["s_1_m_1"]), "mass")


def test_classes_without_an_image_to_train_on_are_told(caplog):
    images, _ = label_images(census(CENSUS[:3], 14, range(0, 100, 5)), "time_camera")
    with caplog.at_level("WARNING", "deepgalaxy"):
        split_images(images, "simulation", 0.2, 1, 0.2)
    assert not caplog.text
    with caplog.at_level("WARNING", "deepgalaxy"):
        split = split_images(images, "line_of_sight", 0.2, 1, 0.2)
    tested = split.loc[split["split"] == "test", "label"].unique()
    assert f"{len(tested)} of {len(tested)} classes of the test images have no image to train on" in caplog.text
    assert "40 of 40 classes of the validation images" in caplog.text


fractions = st.floats(0, 0.3)
UNITS = {
    "simulation": lambda images: images["group"],
    "line_of_sight": lambda images: images["camera"].map(LINE_OF_SIGHT),
    "time_block": lambda images: images["t_myr"] // 25,
    "image": lambda images: images.index.to_series(),
}


def split_census(groups, by, validation, test, seed):
    images, _ = label_images(census(sorted(groups), 14, range(0, 100, 5)), "time")
    return split_images(images, by, validation, seed, test, block_myr=25)


@given(
    st.sets(st.sampled_from(CENSUS), min_size=3, max_size=12),
    st.sampled_from(sorted(UNITS)),
    fractions,
    fractions,
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_no_unit_is_in_two_splits(groups, by, validation, test, seed):
    images = split_census(groups, by, validation, test, seed)
    assert (images["split"].groupby(UNITS[by](images)).nunique() == 1).all()
    assert set(images["split"]) == set(SPLITS)
    assert images.equals(split_census(groups, by, validation, test, seed))


def test_opposite_cameras_stay_together():
    images = split_census(["s_1_m_1"], "line_of_sight", 0.15, 0.3, 1)
    split = images.groupby("camera")["split"].first()
    for one, other in ((0, 1), (2, 12), (3, 13), (4, 10), (5, 11), (6, 8), (7, 9)):
        assert split[one] == split[other]
    assert split.value_counts().to_dict() == {"train": 8, "test": 4, "validation": 2}


@pytest.mark.parametrize("seed", range(20))
def test_splits_are_stratified(seed):
    # Of six mass ratios with six simulations each, a test split of six has one of each.
    images = split_census(CENSUS, "simulation", 0.17, 0.17, seed)
    tested = images[images["split"] == "test"].drop_duplicates("group")
    assert sorted(tested["mass_ratio"]) == sorted(RATIOS)
    # Image by image, each label is in the test in proportion, give or take one.
    images = split_census(["s_1_m_1"], "image", 0.2, 0.5, seed)
    counts = images[images["split"] == "test"]["label"].value_counts()
    assert counts.min() >= 6 and counts.max() <= 8 and len(counts) == 20


def test_the_seed_matters():
    splits = {tuple(split_census(CENSUS, "simulation", 0.2, 0.2, seed)["split"]) for seed in range(10)}
    assert len(splits) == 10


def test_impossible_splits_are_refused():
    with pytest.raises(ValueError, match=r"A split of 2 units .* none to train on"):
        split_census(["s_1_m_1", "s_1_m_0.5"], "simulation", 0.2, 0.2, 1)
    with pytest.raises(ValueError, match="A split by time_block needs `block_myr`"):
        split_images(label_images(census(CENSUS[:1]), "time_bins", 2)[0], "time_block", 0.2, 1, 0.2)
    with pytest.raises(ValueError, match="no split by 'mass'"):
        split_census(CENSUS, "mass", 0.2, 0.2, 1)
