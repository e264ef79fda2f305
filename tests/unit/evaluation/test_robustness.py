"""Disturbed test images: what is done to them, and what is said of it."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.evaluation.perturbations import AMOUNTS, Perturbation, Scene, perturbations, perturbed, scenes
from deepgalaxy.evaluation.robustness import MOST_IMAGES, choose_images, measure_robustness
from deepgalaxy.evaluation.robustness_table import tabulate_robustness
from deepgalaxy.image import BRIGHTEST, FAINTEST, disc
from deepgalaxy.resampling import Sight, light_of, reduced, store, to_store

PIXELS, SIDE = 16, 40
SEEN = Sight(PIXELS, "float16", "disc", 2, 80.0)
UNIT = {name: unit for name, (unit, _) in AMOUNTS.items()}


def blob(row, column, width=3.0):
    across, along = (np.exp(-((np.arange(SIDE) + 0.5 - place) ** 2) / (2 * width**2)) for place in (column, row))
    return (np.outer(along, across) * 1e-2).astype(np.float32)


@pytest.fixture
def scene():
    noise = np.random.default_rng(1).standard_normal((PIXELS, PIXELS), np.float32)
    return Scene(blob(20, 24), blob(20, 20), noise, direction=0.0, distance=0.5)


def light(scene, name, value):
    return light_of(perturbed(scene, SEEN, Perturbation(name, value, UNIT.get(name, ""))))


def centroid(image):
    rows, columns = np.indices(image.shape) + 0.5
    return (rows * image).sum() / image.sum(), (columns * image).sum() / image.sum()


def test_each_perturbation_does_what_its_name_says(scene):
    upright = light(scene, "upright", 0)
    assert centroid(upright) == pytest.approx((8, 10), abs=0.05)
    assert centroid(light(scene, "turn", 90)) == pytest.approx((6, 8), abs=0.05)
    assert centroid(light(scene, "shift", 0.125)) == pytest.approx((8, 12), abs=0.2)
    assert centroid(light(scene, "scale", 1.2)) == pytest.approx((8, 8 + 2 * 1.2), abs=0.1)
    assert light(scene, "blur", 10).max() < 0.8 * upright.max()
    np.testing.assert_allclose(light(scene, "scale told", 1.2), upright, atol=0.06 * upright.max())
    np.testing.assert_allclose(light(scene, "scale told", 0.8), upright, atol=0.06 * upright.max())
    np.testing.assert_allclose(light(scene, "gain", 2), 2 * upright, rtol=0.02, atol=1e-6)
    inside = disc(PIXELS) == 1
    added = (light(scene, "noise", 1) - upright)[inside & (upright > 5 * FAINTEST)]
    expected = scene.noise[inside & (upright > 5 * FAINTEST)] * FAINTEST
    np.testing.assert_allclose(added, expected, atol=0.02 * upright.max())
    galaxy = light(scene, "galaxy", 0.25) - upright
    # The other one is in the middle of its frame, and a quarter of the width to the right now.
    assert np.unravel_index(galaxy.argmax(), galaxy.shape)[1] in (11, 12)
    star = light(scene, "star", 0.1) - upright
    assert star.max() == pytest.approx(0.1 * BRIGHTEST, rel=0.7) and np.median(star) == pytest.approx(0, abs=1e-6)


def test_there_is_no_blur_without_a_field_and_no_galaxy_without_another_simulation():
    names = {kind.name for kind in perturbations(Sight(PIXELS, "uint8", "disc", 2), several=False)}
    assert names == {"upright", *AMOUNTS} - {"blur", "galaxy"}
    kinds = perturbations(SEEN, several=True)
    assert kinds[0].name == "upright" and {kind.name for kind in kinds} == {"upright", *AMOUNTS}


def test_what_is_drawn_for_an_image_depends_on_its_place_alone():
    frames = np.zeros((3, SIDE, SIDE), np.uint8)
    together = scenes(frames, None, np.array([4, 9, 2]), PIXELS, 1)
    (alone,) = scenes(frames[:1], None, np.array([9]), PIXELS, 1)
    assert alone.direction == together[1].direction != together[0].direction
    np.testing.assert_array_equal(alone.noise, together[1].noise)
    assert not alone.another.any()


def test_images_are_chosen_once_and_go_with_those_of_other_simulations():
    group = np.array(["a", "b", "c"] * 400)
    chosen, others = choose_images(group, 1)
    assert len(set(chosen)) == MOST_IMAGES and (np.diff(chosen) > 0).all() and (group[chosen] != group[others]).all()
    np.testing.assert_array_equal(choose_images(group, 1)[0], chosen)
    assert choose_images(np.array(["a"] * 4), 1)[1] is None


CLASSES = pd.DataFrame(
    {"label": [0, 1], "name": ["early", "late"], "t_from_myr": [0.0, 100.0], "t_centre_myr": [50.0, 150.0]}
    | {"t_to_myr": [100.0, 200.0], "counts_from": "first pericentre"}
)
SPLIT = pd.DataFrame({"group": np.repeat(["s_1_m_1", "s_1_m_0.5", "s_1_m_0.25"], 4)})


class LeftOrRight:
    """Says late with the share of the light that is in the right half."""

    def predict_on_batch(self, images):
        late = images[:, :, PIXELS // 2 :].sum((1, 2, 3)) / np.maximum(images.sum((1, 2, 3)), 1e-9)
        return {"probabilities": np.column_stack([1 - late, late]).astype(np.float32)}


@pytest.fixture
def measured(tmp_path):
    frames = np.array([store(blob(20, 15 if number % 2 else 26), "float16") for number in range(12)])[..., None]
    with h5py.File(tmp_path / "test.hdf5", "w") as file:
        file["frames"] = frames
        file["images"] = np.array([to_store(reduced(light_of(one[..., 0]), SEEN), SEEN) for one in frames])[..., None]
        file["row"] = np.arange(12)
        file["label"] = np.array([number % 2 == 0 for number in range(12)], np.int32)
        file["target_myr"] = np.where(file["label"][:] == 1, 180.0, 25.0).astype(np.float32)
        file["target_myr"][11] = np.nan
        file.attrs.update({"shape": "disc", "oversampling": 2, "half_width_kpc": 80.0})
    network = LeftOrRight()

    def measure(batch_size, turns=1):
        output = tmp_path / f"robustness{batch_size}.hdf5"
        measure_robustness(network, tmp_path / "test.hdf5", SPLIT, 1, output, batch_size, turns)
        return output

    return measure


def test_the_table_compares_disturbed_images_with_the_upright_ones(measured):
    table = tabulate_robustness(measured(5), CLASSES, SPLIT, 1)
    assert len(table) == 1 + sum(len(values) for _, values in AMOUNTS.values())
    upright, table = table.iloc[0], table.set_index(["perturbation", "value"])
    assert upright["perturbation"] == "upright" and upright["ratio"] == 1 and upright["accuracy"] == 1
    assert (upright["images"], upright["timed_images"], upright["timed_simulations"]) == (12, 11, 3)
    turned = table.loc["turn", 180]
    assert turned["accuracy"] == 0 and turned["ratio"] > 2
    assert turned["ratio"] == pytest.approx(turned["median_error_myr"] / upright["median_error_myr"])
    assert table.loc["scale", 0.9]["accuracy"] == 1


def test_the_size_of_batches_changes_nothing(measured):
    with h5py.File(measured(5)) as one, h5py.File(measured(12)) as other:
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=1e-6)
        assert one["name"].asstr()[0] == "upright"


def test_disturbed_images_are_looked_at_in_as_many_views_as_others(measured):
    with h5py.File(measured(12, turns=4)) as file:
        # Two opposite turns show the light in opposite halves.
        turned = dict(zip(zip(file["name"].asstr()[:], file["value"][:]), file["probabilities"][:]))
        np.testing.assert_allclose(turned["turn", 90], turned["upright", 0], atol=2e-3)
        np.testing.assert_allclose(turned["upright", 0], 0.5, atol=0.02)


def test_a_sample_without_frames_is_refused(tmp_path):
    with h5py.File(tmp_path / "test.hdf5", "w") as file:
        file["images"] = np.zeros((2, 8, 8, 1), np.uint8)
    with pytest.raises(ValueError, match="no frames to disturb; set `images: oversampling`"):
        measure_robustness(None, tmp_path / "test.hdf5", SPLIT, 1, tmp_path / "out.hdf5", 5)
