"""Properties of observed images: columns, levels of their intervals, and what the card says of them."""

import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.card import write_card
from deepgalaxy.dater.properties import describe_properties, property_columns, property_levels
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.properties.scores import labels_of
from deepgalaxy.targets import Target, as_five_numbers

SIZE = Target("separation_kpc", "histogram", "kpc", 0.0, 100.0, 50, 1.0, 1.0)
LINE = Target("line_of_sight", "axis", "degrees", np.nan, np.nan, 5, 1.0, 1.0)
MERGED = Target("merged", "binary", "", np.nan, np.nan, 2, 1.0, 1.0)
UNKNOWN = Target("lone", "binary", "", np.nan, np.nan, 0, 0.0, 0.0)
TARGETS = [SIZE, LINE, UNKNOWN, MERGED]


def heads(rng, true, scatter):
    """What heads give that know each number to within a scatter that they take for a quarter of what it is."""
    centres = SIZE.centres
    guess = true[:, :1] + rng.normal(0, scatter, (len(true), 1))
    histogram = np.exp(-((centres - guess) ** 2) / (2 * (scatter / 4) ** 2)) + 1e-9
    return {
        "separation_kpc": histogram / histogram.sum(axis=1, keepdims=True),
        "line_of_sight": as_five_numbers(true[:, 1:4]),
        "merged": np.tile([0.25, 0.75], (len(true), 1)),
    }


def some_true(rng, count):
    line = rng.normal(size=(count, 3))
    line /= np.linalg.norm(line, axis=1, keepdims=True)
    return np.column_stack([rng.uniform(30, 70, count), line, np.zeros(count), rng.integers(0, 2, count)])


def test_intervals_cover_new_mergers_where_the_distributions_are_too_narrow():
    rng = np.random.default_rng(1)
    validation, test = some_true(rng, 400), some_true(rng, 400)
    validation[:40, 0] = np.nan  # lone galaxies
    levels = property_levels(TARGETS, heads(rng, validation, 8), validation, np.arange(400) // 20)
    assert set(levels) == {"separation_kpc"} and levels["separation_kpc"] > 0.9
    given = heads(rng, test, 8)

    def covered(levels):
        found = property_columns(TARGETS, given, levels)
        inside = (found["separation_kpc_low"] <= test[:, 0]) & (test[:, 0] <= found["separation_kpc_high"])
        return inside.mean(), found["separation_kpc_interval_by"]

    assert covered(levels) == (pytest.approx(0.72, abs=0.1), "validation mergers")
    share, by = covered({"separation_kpc": None})
    assert share < 0.4 and by == "the distribution alone"


def test_two_mergers_are_too_few_to_calibrate():
    rng = np.random.default_rng(1)
    true = some_true(rng, 40)
    assert property_levels(TARGETS, heads(rng, true, 8), true, np.arange(40) // 20) == {"separation_kpc": None}
    true[:, 0] = np.nan
    assert property_levels(TARGETS, heads(rng, true, 8), true, np.arange(40) // 20) == {"separation_kpc": None}


def test_axes_have_no_sign_and_say_how_sure_they_are():
    line = np.array([[0.6, 0, -0.8], [0, 1, 0]])
    given = {"line_of_sight": as_five_numbers(line)}
    found = property_columns([LINE], given, {})
    np.testing.assert_allclose(found["line_of_sight_x"], [-0.6, 0], atol=1e-12)
    np.testing.assert_allclose(found["line_of_sight_z"], [0.8, 0], atol=1e-12)
    np.testing.assert_allclose(found["line_of_sight_cos2"], 1)
    np.testing.assert_allclose(
        property_columns([LINE], {"line_of_sight": np.zeros((1, 5))}, {})["line_of_sight_cos2"], 1 / 3
    )
    half = {"line_of_sight": as_five_numbers(line).mean(axis=0, keepdims=True)}
    np.testing.assert_allclose(property_columns([LINE], half, {})["line_of_sight_cos2"], 0.5)


def test_no_images_have_all_columns():
    empty = {"separation_kpc": np.empty((0, 50)), "line_of_sight": np.empty((0, 5)), "merged": np.empty((0, 2))}
    found = property_columns(TARGETS, empty, {"separation_kpc": 0.7})
    assert list(found) == [
        *("separation_kpc", "separation_kpc_low", "separation_kpc_high", "separation_kpc_interval_by"),
        *("line_of_sight_x", "line_of_sight_y", "line_of_sight_z", "line_of_sight_cos2", "merged"),
    ]
    assert all(len(column) == 0 for column in found.values() if not isinstance(column, str))


def test_a_perfect_head_gives_what_is_true():
    true = np.array([[25.0], [71.0]])
    found = property_columns([SIZE], {"separation_kpc": labels_of(true, SIZE)}, {"separation_kpc": None})
    np.testing.assert_allclose(found["separation_kpc"], true[:, 0], atol=0.5)


def test_the_card_says_which_property_is_no_better_than_its_baseline():
    network = {"model": "network", "strongest": "pixels", "unit": "kpc"}
    rows = [
        network | {"property": "a", "median_abs_error": 3, "gain": 2, "gain_low": 1, "gain_high": 4},
        {"property": "a", "model": "pixels", "median_abs_error": 5},
        network | {"property": "b", "brier": 0.2, "gain": 0.1, "gain_low": -0.1, "gain_high": 0.2},
        {"property": "b", "model": "pixels", "brier": 0.3},
        network | {"property": "c", "median_abs_error": 5, "gain": -2, "gain_low": -3, "gain_high": -1},
        {"property": "c", "model": "pixels", "median_abs_error": 3},
        network | {"property": "d", "median_abs_error": 5, "gain": 1},
        {"property": "d", "model": "pixels", "median_abs_error": 6},
        {"property": "e", "model": "network", "note": "not known in this dataset"},
    ]
    lines = list(describe_properties(pd.DataFrame(rows)))[2:]
    assert lines[0] == "| a | median, kpc | 3 | 5 (pixels) | 2 (1 to 4) | better than the baseline |"
    assert lines[1] == "| b | Brier score | 0.2 | 0.3 (pixels) | 0.1 (-0.1 to 0.2) | no better than the baseline |"
    assert lines[2].endswith("| worse than the baseline: do not use |")
    assert lines[3].endswith("| 1 | open: too few test simulations for an interval |")
    assert lines[4] == "| e | | | | | not known in this dataset |"


def test_the_card_has_properties_if_there_are_any():
    split = pd.DataFrame({"split": ["train", "validation", "test"], "group": ["a", "b", "c"]})
    metrics = {"median_error_myr": 20.0, "accuracy": 0.5, "coverage_68": 0.7, "test_simulations": 1}
    skill = {"strongest_median_error_myr": 30.0, "strongest_accuracy": 0.4}
    skill |= {"counts_from": "first pericentre", "verdict": "It is open."}
    about = ({"sample": "stages"}, metrics, skill, split, Frame(64, "uint8", "disc", 80.0, 0.6), "CC BY 4.0")
    scores = pd.DataFrame([{"property": "lone", "model": "network", "note": "not known in this dataset"}])
    plain, card = write_card(*about), write_card(*about, scores)
    assert "## Properties" not in plain and "160 kpc across" in plain
    assert "train: 1 images of 1 mergers and 0 lone galaxies." in plain
    assert "## Properties\n\n| property |" in card and card.index("## Properties") < card.index("## Limits")
