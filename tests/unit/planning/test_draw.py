"""Mergers that are drawn, and those that are listed."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepgalaxy.dataset.layout import parse_group_name
from deepgalaxy.planning.draw import draw_isolated, draw_mergers
from deepgalaxy.planning.simulations import index_simulations
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.model import GalaxyModel
from deepgalaxy.simulation.orbit import Pair, starting_distance

RANGES = {
    "draw": 24,
    "approach_myr": 100,
    "mass_ratio": [0.25, 1.5],
    "size_ratio": {"mass_slope": 0.35, "scatter_dex": 0.05},
    "pericentre_kpc": [1, 15],
    "eccentricity": [0.8, 1.1],
    "spins": "isotropic",
}
ISOLATED = {"draw": 3, "snapshots": 5, "mass_ratio": [0.5, 1], "size_ratio": [0.8, 1]}
LISTED = {
    "mergers": [{"size_ratio": 1, "mass_ratio": 0.5}, {"size_ratio": 1, "mass_ratio": 1, "seed": 3}],
    "encounter": {
        "approach_myr": 60,
        "pericentre_kpc": 4.5,
        "eccentricity": 0.95,
        "primary_inclination_deg": 15,
        "primary_node_deg": 20,
        "companion_inclination_deg": 60,
        "companion_node_deg": -30,
        "orbit_spread": 0.1,
        "spin_spread_deg": 5,
    },
}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_more_mergers_keep_those_that_there_are(seed, few, more):
    fewer = index_simulations({"mergers": RANGES | {"draw": few}}, seed)
    all_of_them = index_simulations({"mergers": RANGES | {"draw": few + more}}, seed)
    assert len(all_of_them) == few + more
    assert list(all_of_them.items())[:few] == list(fewer.items())


def test_what_is_drawn_lies_within_its_ranges_and_starts_in_time():
    for merger in draw_mergers(RANGES | {"draw": 64}, 5):
        encounter = Encounter(**merger["encounter"])
        assert 0.25 <= merger["mass_ratio"] <= 1.5
        assert 1 <= encounter.pericentre_kpc <= 15 and 0.8 <= encounter.eccentricity <= 1.1
        assert starting_distance(Pair(GalaxyModel(), merger["size_ratio"], merger["mass_ratio"]), encounter) > 10


def test_few_mergers_cover_all_of_the_ranges():
    drawn = draw_mergers(RANGES | {"draw": 32, "eccentricity": [0.95, 1.1]}, 1)
    orbits = [merger["encounter"] for merger in drawn]
    for values in (
        np.log([merger["mass_ratio"] for merger in drawn]),
        [orbit["pericentre_kpc"] for orbit in orbits],
        np.cos(np.radians([orbit["primary_inclination_deg"] for orbit in orbits])),
        np.cos(np.radians([orbit["companion_inclination_deg"] for orbit in orbits])),
        [orbit["primary_node_deg"] for orbit in orbits],
    ):
        counts, _ = np.histogram(values, bins=8, range=(np.min(values) - 1e-9, np.max(values) + 1e-9))
        assert counts.min() >= 2


@pytest.mark.parametrize(("spins", "low", "high"), [("prograde", 0, 90), ("retrograde", 90, 180)])
def test_spins_may_be_kept_to_one_side(spins, low, high):
    for merger in draw_mergers(RANGES | {"spins": spins}, 1):
        for galaxy in ("primary", "companion"):
            assert low <= merger["encounter"][f"{galaxy}_inclination_deg"] <= high


def test_a_size_may_be_drawn_by_itself():
    sizes = [merger["size_ratio"] for merger in draw_mergers(RANGES | {"size_ratio": [0.5, 0.6]}, 1)]
    assert min(sizes) >= 0.5 and max(sizes) <= 0.6 and len(set(sizes)) > 5


def test_orbits_that_are_too_short_are_drawn_anew():
    drawn = draw_mergers(RANGES | {"pericentre_kpc": [1, 6], "eccentricity": [0.6, 1.0]}, 1)
    assert sum(merger["orbits_refused"] for merger in drawn) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mass_ratio": [1, 1], "size_ratio": [1, 1]}, "`mergers: draw: 24` finds no more than 1 pair of ratios,"),
        ({"pericentre_kpc": [1, 2], "eccentricity": [0.1, 0.2]}, "No orbit with `pericentre_kpc: .* raise their upper"),
        ({"mass_ratio": [0.001, 0.002]}, r"`mergers: mass_ratio: .* draws the ratio 0, .* holds those from 0.01"),
        ({"mass_ratio": [1e6, 2e6]}, "`mergers: mass_ratio: .* to 9999.99; narrow `mass_ratio`[.]"),
        ({"size_ratio": {"mass_slope": 9, "scatter_dex": 0}}, "`mergers: size_ratio: .* draws the ratio 0, "),
        ({"size_ratio": {"mass_slope": 0.35, "scatter_dex": 400}}, "`mergers: size_ratio: .* draws the ratio "),
    ],
)
def test_a_draw_that_is_not_possible_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        index_simulations({"mergers": RANGES | change}, 1)


def test_lone_galaxies_have_names_outside_the_scheme():
    ranges = ISOLATED
    drawn = draw_isolated(ranges, 1)
    assert list(drawn) == ["isolated_01", "isolated_02", "isolated_03"]
    assert draw_isolated(ranges | {"draw": 2}, 1) == {name: drawn[name] for name in list(drawn)[:2]}
    simulations = index_simulations({"mergers": RANGES, "isolated": ranges}, 1)
    assert len(simulations) == 27 and "encounter" not in simulations["isolated_01"]
    assert len({simulation["seed"] for simulation in simulations.values()}) == 27


@pytest.mark.parametrize("dataset", [LISTED, {"mergers": RANGES, "isolated": ISOLATED}])
def test_what_rules_get_is_written_in_plain_numbers(dataset):
    simulations = index_simulations(dataset, 1)
    assert json.loads(json.dumps(simulations)) == simulations
    assert "float64" not in repr(simulations)


def test_listed_mergers_share_an_encounter_and_have_seeds_of_their_own():
    simulations = index_simulations(LISTED, 1)
    assert list(simulations) == ["s_1_m_0.5", "s_1_m_1"]
    assert simulations["s_1_m_1"]["seed"] == 3
    others = index_simulations(LISTED, 2)
    assert others["s_1_m_0.5"]["seed"] != simulations["s_1_m_0.5"]["seed"]
    assert others["s_1_m_1"] == simulations["s_1_m_1"]
    orbits = [simulation["encounter"]["pericentre_kpc"] for simulation in simulations.values()]
    assert orbits[0] != orbits[1] and all(4.05 <= pericentre <= 4.95 for pericentre in orbits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pericentre_kpc": 0.5, "eccentricity": 0.3}, "Merger s_1_m_0.5 cannot begin: An orbit with pericentre 0.4"),
        ({"eccentricity": 0.2, "orbit_spread": 0.5}, "`encounter: orbit_spread: 0.5` allows .* to 0.25 at most"),
    ],
)
def test_an_orbit_of_a_list_that_is_not_possible_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        index_simulations(LISTED | {"encounter": LISTED["encounter"] | change}, 1)


def test_lone_galaxies_have_a_size():
    ranges = {"draw": 3, "snapshots": 5, "mass_ratio": [0.01, 0.02], "size_ratio": {"mass_slope": 2, "scatter_dex": 0}}
    with pytest.raises(ValueError, match=r"`isolated: size_ratio: .* draws the ratio 0, "):
        draw_isolated(ranges, 1)


@pytest.mark.parametrize(
    ("mergers", "message"),
    [
        (
            [{"size_ratio": 1, "mass_ratio": 1}, {"size_ratio": 1.0, "mass_ratio": 1.0, "seed": 4}],
            "listed twice",
        ),
        ([{"size_ratio": 1e-5, "mass_ratio": 1}], "does not hold its ratios"),
        ([{"size_ratio": 0.12345678, "mass_ratio": 1}], "does not hold its ratios"),
    ],
)
def test_a_list_without_names_of_its_own_is_refused(mergers, message):
    with pytest.raises(ValueError, match=message):
        index_simulations(LISTED | {"mergers": mergers}, 1)


def test_all_that_is_wrong_with_the_simulations_is_said_at_once():
    mergers = [{"size_ratio": size, "mass_ratio": 1} for size in (1, 1e-5, 1, 0.12345678)]
    with pytest.raises(ValueError, match="twice") as refusal:
        index_simulations(LISTED | {"mergers": mergers}, 1)
    assert len(str(refusal.value).splitlines()) == 3
    short = RANGES | {"pericentre_kpc": [1, 2], "eccentricity": [0.1, 0.2]}
    with pytest.raises(ValueError, match="draws the ratio") as refusal:
        index_simulations({"mergers": short, "isolated": ISOLATED | {"mass_ratio": [1e-4, 2e-4]}}, 1)
    assert len(str(refusal.value).splitlines()) == 2


def test_names_hold_what_was_drawn():
    for name, simulation in index_simulations({"mergers": RANGES}, 7).items():
        assert parse_group_name(name) == (simulation["size_ratio"], simulation["mass_ratio"])
