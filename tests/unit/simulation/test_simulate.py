"""A simulation from its settings to its files."""

import h5py
import numpy as np
import pytest
from scipy.signal import find_peaks

from deepgalaxy.simulation import photograph
from deepgalaxy.simulation.encounter import Encounter
from deepgalaxy.simulation.integrate import steps_per_snapshot
from deepgalaxy.simulation.model import GalaxyModel
from deepgalaxy.simulation.nuclei import PROMINENCE_KPC, coalescence_time, find_nucleus, pericentre_times
from deepgalaxy.simulation.orbit import Pair, set_on_orbit
from deepgalaxy.simulation.photograph import camera_rig, render_galaxies
from deepgalaxy.simulation.simulate import follow, simulate_galaxies

SOFTENING_KPC = 0.3
ENCOUNTER = {
    "approach_myr": 60,
    "pericentre_kpc": 4.5,
    "eccentricity": 0.95,
    "primary_inclination_deg": 15,
    "primary_node_deg": 20,
    "companion_inclination_deg": 120,
    "companion_node_deg": -30,
}
MERGER = {"size_ratio": 1, "mass_ratio": 0.5, "seed": 1, "encounter": ENCOUNTER}
LONE = {"size_ratio": 1, "mass_ratio": 0.5, "seed": 1, "snapshots": 3, "inclination_deg": 40.0, "node_deg": 10.0}
SETTINGS = {
    "particles": {"disc": 100, "bulge": 40, "halo": 60},
    "snapshots": {"count": 4, "every_myr": 10},
    "longest_step_myr": 5.0,
    "softening_kpc": 0.5,
    "largest_energy_error": 0.5,
}


@pytest.fixture(scope="module")
def course(galaxy):
    """A close merger of two equal galaxies, until well after their coalescence."""
    encounter = Encounter(100, 2.0, 0.9, 15, 20, 60, -30)
    start, is_companion = set_on_orbit(galaxy, galaxy, Pair(GalaxyModel(), 1, 1), encounter)
    return follow(start, is_companion, 91, 10, 5, SOFTENING_KPC, after_coalescence_myr=120)


def test_a_merger_conserves_energy_and_angular_momentum_and_merges(course):
    assert abs(course.energy_error) < 0.01
    assert course.angular_momentum_error < 0.02
    assert 85 < course.pericentres_myr[0] < 120
    assert (np.diff(course.pericentres_myr) > 0).all()
    assert course.pericentres_myr[0] < course.coalescence_myr < 800
    assert course.coalescence_myr + 120 <= course.t_myr[-1] <= course.coalescence_myr + 130
    separation = np.linalg.norm(course.nuclei_kpc[:, 0] - course.nuclei_kpc[:, 1], axis=1)
    assert (separation[course.t_myr >= course.coalescence_myr] < 1.0).all()
    assert separation[0] > 25
    speed = np.linalg.norm(course.nuclei_km_s[:, 0] - course.nuclei_km_s[:, 1], axis=1)
    assert speed[10] > 1.5 * speed[0] > 150  # at pericentre, and at first
    assert course.stars.shape == (len(course.t_myr), 4800, 3)


def test_steps_shorten_with_the_companions_dynamical_time():
    assert steps_per_snapshot(5, 1.0, 1, 1) == 5
    assert steps_per_snapshot(5, 1.0, 1.5, 1) == 5
    assert steps_per_snapshot(5, 1.0, 0.5, 0.5) == 10
    assert steps_per_snapshot(5, 10.0, 1, 1) == 1


def test_pericentres_are_the_minima_of_separation():
    t_myr = np.arange(0, 100, 5)
    assert pericentre_times(t_myr, np.abs(t_myr - 40.0) + 2).tolist() == [40]


def test_pericentres_are_what_scipy_finds():
    rng = np.random.default_rng(0)
    for _ in range(500):
        separation_kpc = np.abs(rng.normal(0, rng.choice([0.3, 1, 2]), rng.integers(1, 80)).cumsum())
        expected, _ = find_peaks(-separation_kpc, prominence=PROMINENCE_KPC)
        assert pericentre_times(np.arange(len(separation_kpc)), separation_kpc).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("together_from", "apart_again", "expected"),
    [(200, None, 200), (200, 250, np.nan), (200, 310, 200), (250, None, np.nan), (0, None, 0)],
)
def test_nuclei_coalesce_when_they_stay_together(together_from, apart_again, expected):
    t_myr = np.arange(0, 340, 10.0)
    separation = np.where(t_myr < together_from, 5.0, 0.4)
    if apart_again:
        separation[t_myr == apart_again] = 1.5
    np.testing.assert_equal(coalescence_time(t_myr, separation), expected)


def test_a_nucleus_is_the_densest_place_and_not_the_middle():
    rng = np.random.default_rng(1)
    positions = np.vstack((rng.normal(size=(200, 3)) * 0.4 + (3, 0, 0), rng.normal(size=(100, 3)) * 8))
    centre, near = find_nucleus(positions, np.ones(300))
    np.testing.assert_allclose(centre, (3, 0, 0), atol=0.2)
    assert near[:200].mean() > 0.8 and near[200:].mean() < 0.1


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(tmp_path):
    cases = {"a": (MERGER, 1), "b": (MERGER, 2), "c": (MERGER | {"seed": 2}, 1), "d": (MERGER, 999)}
    for name, (simulated, threads) in cases.items():
        simulate_galaxies(simulated, SETTINGS, tmp_path / name, threads)
        render_galaxies(tmp_path / name, "s_1_m_0.5", 32, 40, "turned", tmp_path / f"{name}.images")
    for suffix in ("", ".images"):
        a, b, c, d = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "abcd")
        assert a == b == d != c


def test_a_group_says_how_it_came_about(tmp_path):
    simulate_galaxies(MERGER, SETTINGS, tmp_path / "merger")
    render_galaxies(tmp_path / "merger", "s_1_m_0.5", 32, 40, "turned", tmp_path / "images")
    with h5py.File(tmp_path / "images") as file:
        about = dict(file["s_1_m_0.5"].attrs)
    assert {name: about[name] for name in ENCOUNTER} == ENCOUNTER
    assert about["softening_kpc"] == 0.5 and about["seed"] == 1 and not about["isolated"]
    assert about["separation_kpc"].shape == about["relative_velocity_km_s"].shape == about["share_inside"].shape == (4,)
    assert about["nuclei_kpc"].shape == (4, 2, 3)
    assert about["separation_kpc"][0] == pytest.approx(about["starting_distance_kpc"], abs=1)
    assert np.isnan(about["coalescence_myr"])
    assert abs(about["energy_error"]) < 0.5
    np.testing.assert_allclose(about["camera_rig"] @ about["camera_rig"].T, np.eye(3), atol=1e-12)


def test_brightness_is_rounded_to_the_nearest_number_of_half_precision(tmp_path, monkeypatch):
    simulate_galaxies(LONE, SETTINGS, tmp_path / "lone")
    monkeypatch.setattr(photograph, "stretch", lambda image: np.full_like(image, 0.99997))
    render_galaxies(tmp_path / "lone", "isolated_01", 32, 40, "fixed", tmp_path / "images")
    with h5py.File(tmp_path / "images") as file:
        assert (file["isolated_01/images_camera_00"][:] == 1).all()


def test_a_lone_galaxy_has_no_pericentre(tmp_path):
    simulate_galaxies(LONE, SETTINGS, tmp_path / "lone")
    render_galaxies(tmp_path / "lone", "isolated_01", 32, 40, "fixed", tmp_path / "images")
    with h5py.File(tmp_path / "images") as file:
        about = dict(file["isolated_01"].attrs)
    assert about["isolated"] and about["pericentres_myr"].size == 0 and np.isnan(about["coalescence_myr"])
    assert about["particles"] == 200 and about["share_inside"].shape == (3,)
    np.testing.assert_array_equal(about["camera_rig"], np.eye(3))


def test_a_simulation_that_loses_its_energy_fails(tmp_path):
    settings = SETTINGS | {"longest_step_myr": 10.0, "softening_kpc": 0.01, "largest_energy_error": 1e-4}
    with pytest.raises(
        ValueError, match=r"The total energy changed by .* of the kinetic energy, more than `largest_energy_error` 0.0%"
    ):
        simulate_galaxies(MERGER, settings, tmp_path / "merger")
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_without_an_energy_fails(tmp_path):
    with pytest.raises(ValueError, match="The total energy changed by nan%"):
        simulate_galaxies(LONE, SETTINGS | {"softening_kpc": 1e-30}, tmp_path / "lone")
    assert list(tmp_path.iterdir()) == []


def test_a_turned_rig_is_drawn_from_the_seed():
    np.testing.assert_array_equal(camera_rig("turned", 3), camera_rig("turned", 3))
    assert not np.allclose(camera_rig("turned", 3), camera_rig("turned", 4))
    np.testing.assert_array_equal(camera_rig("fixed", 3), np.eye(3))
