"""The search for training images like observed ones, however these are turned."""

import numpy as np
import pandas as pd

from deepgalaxy.observed.similar import choose_from_several, distance_of_turns, tabulate_similar
from deepgalaxy.views import VIEWS, turned


def flat(images):
    return images.reshape(len(images), -1).astype(float)


def test_the_smallest_distance_of_all_turns_counts():
    images = np.random.default_rng(1).uniform(size=(3, 4, 4, 1))
    others = np.random.default_rng(2).uniform(size=(5, 4, 4, 1))
    distance = list(distance_of_turns(images, flat, flat(others), 2))
    expected = [
        [min(np.linalg.norm(turned(image[None], view)[0] - other) for view in range(VIEWS)) for other in others]
        for image in images
    ]
    np.testing.assert_allclose(distance, expected, atol=1e-4)
    for view in range(VIEWS):
        np.testing.assert_allclose(list(distance_of_turns(turned(images, view), flat, flat(others), 5)), distance)
    assert not list(distance_of_turns(images[:0], flat, flat(others), 5))


def gallery(groups, times):
    count = len(groups)
    return pd.DataFrame({"row": range(10, 10 + count), "group": groups, "camera": 3, "target_myr": times})


def test_similar_images_are_of_different_simulations():
    images = gallery([*"aabbcdefg"], [10.0, 20, 30, 40, np.nan, 60, 70, 80, 90])
    distance = np.array([[5, 1, 9, 2, 3, 7, 4, 8, 6]], float)
    table = tabulate_similar(pd.DataFrame({"file": ["x.png"]}), distance, images)
    (row,) = table.to_dict("records")
    assert [row[f"similar_{number}_group"] for number in range(1, 6)] == [*"abceg"]
    assert [row[f"similar_{number}_row"] for number in range(1, 6)] == [11, 13, 14, 16, 18]
    assert [row[f"similar_{number}_distance"] for number in range(1, 6)] == [1, 2, 3, 4, 6]
    assert pd.isna(row["similar_3_target_myr"]) and row["spread_myr"] == 70  # of 20, 40, 70 and 90
    assert table.columns[:2].tolist() == ["file", "spread_myr"]


def test_there_may_be_fewer_simulations_or_no_time_or_no_image():
    images = gallery([*"aab"], [np.nan] * 3)
    (row,) = tabulate_similar(pd.DataFrame({"file": ["x.png"]}), np.array([[2.0, 1, 3]]), images).to_dict("records")
    assert row["similar_2_group"] == "b" and pd.isna(row["spread_myr"])
    assert pd.isna(row["similar_3_group"]) and pd.isna(row["similar_5_distance"])
    nothing = tabulate_similar(pd.DataFrame({"file": []}), np.empty((0, 3)), images)
    assert nothing.empty and "similar_5_distance" in nothing


def test_the_nearest_are_chosen_of_different_mergers():
    group = np.array(["a", "a", "b", "c"])
    assert choose_from_several(np.array([1, 0, 3, 2]), group, 2).tolist() == [1, 3]
    assert choose_from_several(np.array([1, 0, 3, 2]), group, 5).tolist() == [1, 3, 2]
