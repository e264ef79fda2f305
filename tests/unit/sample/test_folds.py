"""Splits by two things at once, and into folds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deepgalaxy.dataset.cameras import LINE_OF_SIGHT
from deepgalaxy.dataset.layout import group_name, parse_group_name
from deepgalaxy.sample.split import SPLITS, split_images

NAMES = [group_name(s, m) for s in (0.25, 0.5, 0.75, 1) for m in (0.25, 0.5, 0.75, 1)] + ["isolated_01", "isolated_02"]
PAIR = ["simulation", "line_of_sight"]
seeds = st.integers(0, 2**64 - 1)


def images_of(count, times=3):
    """The table of images of so many simulations, of which the last two may be isolated galaxies."""
    index = pd.MultiIndex.from_product([NAMES[-count:], range(14), range(times)], names=["group", "camera", "t_myr"])
    table = index.to_frame(index=False)
    table[["size_ratio", "mass_ratio"]] = table["group"].map(parse_group_name).tolist()
    return table.assign(label=table["t_myr"])


def lines(images):
    return set(images["camera"].map(LINE_OF_SIGHT))


@given(st.integers(3, 18), st.floats(0, 0.3), st.floats(0, 0.3), seeds)
@settings(deadline=None)
def test_nothing_of_a_test_images_simulation_or_line_of_sight_is_elsewhere(count, validation, test, seed):
    images = split_images(images_of(count), PAIR, validation, seed, test)
    parts = {name: images[images["split"] == name] for name in SPLITS}
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert not set(parts[one]["group"]) & set(parts[other]["group"])
        assert not lines(parts[one]) & lines(parts[other])
    assert all(len(part) for part in parts.values())
    assert images.index.tolist() == list(range(len(images)))
    # Each simulation and each line of sight is used in one of the splits.
    assert images["group"].nunique() == count and lines(images) == set(range(7))


def test_images_between_the_splits_are_counted(caplog):
    with caplog.at_level("INFO", "deepgalaxy"):
        images = split_images(images_of(10), PAIR, validation=0.2, seed=1, test=0.2)
    # 6, 2 and 2 simulations from 5, 1 and 1 lines of sight: 34 of 70.
    assert len(images) == 34 * 2 * 3
    assert f"{36 * 2 * 3} of 420 images lie between the splits by simulation and line_of_sight" in caplog.text


def test_a_split_by_two_things_that_leaves_nothing_is_refused():
    images = images_of(3)
    # Each simulation is seen from two lines of sight of its own.
    own = images["group"].map(dict(zip(NAMES[-3:], (0, 2, 4)))) + images["t_myr"] % 2
    apart = images[images["camera"].isin(range(2, 8)) & (images["camera"] - 2 == own)]
    with pytest.raises(ValueError, match=r"no image is left for .*; select more simulations and cameras"):
        for seed in range(20):
            split_images(apart, PAIR, validation=0.1, seed=seed, test=0.1)


@given(st.integers(3, 18), st.integers(2, 6), st.floats(0, 0.4), seeds)
@settings(deadline=None)
def test_each_simulation_is_tested_in_one_fold(count, folds, validation, seed):
    images = images_of(count, times=1)
    if count < folds:
        with pytest.raises(ValueError, match=rf"`folds: {folds}` needs as many units .*, and there are {count}"):
            split_images(images, "simulation", validation, seed, folds=folds)
        return
    # Something is to be left to train on.
    assume(-(-count // folds) + max(1, round(validation * count)) < count)
    tested = []
    for fold in range(1, folds + 1):
        split = split_images(images, "simulation", validation, seed, folds=folds, fold=fold)
        assert (split.groupby("group")["split"].nunique() == 1).all() and set(split["split"]) == set(SPLITS)
        tested.append(split.loc[split["split"] == "test", "group"].unique())
        assert split["split"].equals(
            split_images(images, "simulation", validation, seed, folds=folds, fold=fold)["split"]
        )
    assert sorted(np.concatenate(tested)) == sorted(images["group"].unique())
    sizes = list(map(len, tested))
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_folds_are_as_varied_as_their_number_of_units_allows(seed):
    images = images_of(18)
    mergers = images[~images["group"].str.startswith("isolated")]
    for fold in range(1, 5):
        split = split_images(mergers, "simulation", 0.25, seed, folds=4, fold=fold)
        tested = split[split["split"] == "test"].drop_duplicates("group")
        # Of four mass ratios with four simulations each, a fold of four has one of each.
        assert sorted(tested["mass_ratio"]) == [0.25, 0.5, 0.75, 1]


def test_folds_by_two_things_test_each_simulation_and_each_line_of_sight_once():
    groups, sights = [], []
    for fold in range(1, 6):
        images = split_images(images_of(12), PAIR, 0.2, 1, folds=5, fold=fold)
        tested = images[images["split"] == "test"]
        groups += tested["group"].unique().tolist()
        sights += lines(tested)
        rest = images[images["split"] != "test"]
        assert not set(tested["group"]) & set(rest["group"]) and not lines(tested) & lines(rest)
    assert sorted(groups) == sorted(NAMES[-12:]) and sorted(sights) == list(range(7))
    with pytest.raises(ValueError, match=r"`folds: 8` needs as many units \(line_of_sight\), and there are 7"):
        split_images(images_of(12), PAIR, 0.2, 1, folds=8)


def test_fewer_units_to_train_on_leave_the_others_where_they_are():
    images = images_of(18)
    splits = {
        units: split_images(images, "simulation", 0.1, seed=3, test=0.2, training_units=units) for units in (3, 6, None)
    }
    trained = {units: set(table.loc[table["split"] == "train", "group"]) for units, table in splits.items()}
    assert len(trained[3]) == 3 and len(trained[6]) == 6
    assert trained[3] < trained[6] < trained[None]
    for name in ("validation", "test"):
        held_out = [set(table.loc[table["split"] == name, "group"]) for table in splits.values()]
        assert held_out[0] == held_out[1] == held_out[2]
    assert set(splits[3]["split"]) == {"train", "validation", "test"}
    with pytest.raises(ValueError, match="`training_units: 99` asks for more than the 12 units"):
        split_images(images, "simulation", 0.1, seed=3, test=0.2, training_units=99)


def test_fewer_simulations_are_seen_from_as_many_sides():
    images = images_of(18)
    few, all_of_them = (split_images(images, PAIR, 0.1, seed=3, test=0.2, training_units=units) for units in (3, None))
    trained, trained_on_all = (table[table["split"] == "train"] for table in (few, all_of_them))
    assert trained["group"].nunique() == 3 and lines(trained) == lines(trained_on_all)
