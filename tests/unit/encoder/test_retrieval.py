"""The search for similar images and its scores, against cases worked out by hand."""

import numpy as np
import pytest

from deepgalaxy.encoder.retrieval import (
    LINES,
    SIMULATIONS,
    Images,
    find_similar,
    map_of,
    overlap_of_sets,
    purity_by_chance,
    purity_of_points,
    score_retrieval,
    tabulate_retrieval,
)


def images(group, line, t_myr):
    return Images(np.array(group), np.array(line), np.arange(len(group)), np.array(t_myr, float))


GALLERY = images(["a"] * 3 + ["b"] * 3, [0, 1, 2] * 2, [0, 10, 20, 100, 110, 120])
PLACES = GALLERY.t_myr[:, None]


def test_a_query_never_finds_its_own_merger_nor_if_asked_its_own_line_of_sight():
    query = images(["a"], [1], [111])
    found = find_similar(PLACES, GALLERY, np.array([[111.0]]), query, 2, SIMULATIONS)
    assert found.tolist() == [[4, 5]]
    assert find_similar(PLACES, GALLERY, np.array([[111.0]]), query, 2, LINES).tolist() == [[5, 3]]
    with pytest.raises(ValueError, match="Only 2 images are of other mergers and lines of sight, and 3 are asked for"):
        find_similar(PLACES, GALLERY, np.array([[111.0]]), query, 3, LINES)


def test_scores_by_hand():
    queries = images(["c", "c", "d"], [0, 0, 1], [0, 10, 60])
    found = np.array([[0, 1], [2, 3], [4, 5]])
    scores = score_retrieval(found, GALLERY, queries, seed=1)
    # |0 - 0|, |10 - 0|; |20 - 10|, |100 - 10|; |110 - 60|, |120 - 60|
    assert scores["median_difference_myr"] == 30 and scores["share_within"] == pytest.approx(3 / 6)
    assert scores["same_line"] == pytest.approx(3 / 6) and scores["simulations"] == 2
    assert scores["share_within_low"] == 0 and scores["share_within_high"] == 0.75


def test_overlap_is_of_sets_of_simulation_and_snapshot():
    gallery = Images(np.array(["a", "a", "b"]), np.array([0, 1, 0]), np.array([7, 7, 7]), np.zeros(3))
    assert overlap_of_sets(np.array([[0, 2]]), np.array([[1, 2]]), gallery) == 1
    assert overlap_of_sets(np.array([[0, 1]]), np.array([[2, 2]]), gallery) == 0


def test_purity_of_a_map_and_of_chance():
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1], 40)
    points = rng.normal(size=(80, 4)) + 8 * label[:, None]
    assert purity_of_points(map_of(points, seed=1), label).mean() > 0.95
    assert np.array_equal(map_of(points, seed=1), map_of(points, seed=1))
    shuffled = np.mean([purity_of_points(points, rng.permutation(label)).mean() for _ in range(40)])
    assert shuffled == pytest.approx(purity_by_chance(label), abs=0.02)


def test_the_table_has_all_and_each_phase():
    queries = images(["c", "d", "c", "d"], [0, 1, 0, 1], [0, 10, 100, 110])
    found = np.array([[0, 1], [1, 2], [3, 4], [4, 5]])
    table = tabulate_retrieval({"pixels": {LINES: found}}, GALLERY, queries, np.array([0, 0, 1, np.nan]), seed=1)
    assert table["phase"].tolist() == ["all", "0", "1"] and table["queries"].tolist() == [4, 2, 1]
