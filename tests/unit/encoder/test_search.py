"""The search for similar images, however these are turned, and the walk through the vector."""

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.encoder.observed import search_similar
from deepgalaxy.encoder.search import distance_of_turns, tabulate_similar
from deepgalaxy.encoder.walk import STEPS, choose_way, walk
from deepgalaxy.observed.preparing import Frame
from deepgalaxy.views import VIEWS, turned

PIXELS = 16


def flat(images):
    return images.reshape(len(images), -1).astype(float)


def test_the_smallest_distance_of_all_turns_counts():
    images = np.random.default_rng(1).uniform(size=(3, 4, 4, 1))
    others = np.random.default_rng(2).uniform(size=(5, 4, 4, 1))
    distance = list(distance_of_turns(images, flat, flat(others)))
    expected = [
        [min(np.linalg.norm(turned(image[None], view)[0] - other) for view in range(VIEWS)) for other in others]
        for image in images
    ]
    np.testing.assert_allclose(distance, expected, atol=1e-4)
    for view in range(VIEWS):
        np.testing.assert_allclose(list(distance_of_turns(turned(images, view), flat, flat(others))), distance)
    assert not list(distance_of_turns(images[:0], flat, flat(others)))


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


@pytest.fixture(scope="module")
def networks():
    keras.utils.set_random_seed(1)
    autoencoder = build_autoencoder(
        lambda x: layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")(x), PIXELS, "uint8", [4]
    )
    return autoencoder, build_variational(autoencoder, np.zeros(3), np.ones(3), latent=2, hidden=8)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A prepared file of two mergers, each along two lines of sight, and its split table. The second of one of them has
    the longest time; a later image of it has none."""
    path = tmp_path_factory.mktemp("sample") / "test.hdf5"
    split = pd.DataFrame(
        [(group, camera, 10.0 * step) for group in ("s_1", "s_2") for camera in (0, 7) for step in range(4)],
        columns=["group", "camera", "target_myr"],
    )
    split.loc[(split["group"] == "s_2") & (split["camera"] == 7), "target_myr"] = [100.0, 20.0, np.nan, 60.0]
    with h5py.File(path, "w") as file:
        file["row"] = np.random.default_rng(1).permutation(len(split))
        file["images"] = np.random.default_rng(2).integers(0, 256, (len(split), PIXELS, PIXELS, 1)).astype(np.uint8)
    return path, split


def test_the_longest_way_is_walked(networks, sample, tmp_path):
    path, split = sample
    autoencoder, variational = networks
    walk(autoencoder, variational, path, split, tmp_path / "walk.hdf5")
    with h5py.File(path) as file:
        row, images = file["row"][:], file["images"][:]
    way = choose_way(split, row)
    assert (way.group, way.camera, way.t_myr.tolist()) == ("s_2", 7, [20, 60, 100])
    assert row[way.place].tolist() == [13, 15, 12]
    ends = variational.predict_on_batch(images[way.place[[0, -1]]])["mean"]
    with h5py.File(tmp_path / "walk.hdf5") as file:
        assert dict(file.attrs) == {"group": "s_2", "camera": 7}
        np.testing.assert_allclose(file["t_myr"][:], np.linspace(20, 100, STEPS))
        assert file["simulated_myr"][:].tolist() == [20] * 3 + [60] * 4 + [100] * 2
        simulated, decoded, blended = (file[name][:] for name in ("simulated", "decoded", "blended"))
    assert simulated.shape == decoded.shape == blended.shape == (STEPS, PIXELS, PIXELS)
    np.testing.assert_allclose(simulated[0], images[way.place[0], :, :, 0] / 255, rtol=1e-6)
    np.testing.assert_allclose(blended[STEPS // 2], (simulated[0] + simulated[-1]) / 2, rtol=1e-5)
    # With the means and variances of this network, the maps that are decoded are those as they come.
    maps = variational.get_layer("latent_decoder").predict_on_batch(ends)
    expected = autoencoder.get_layer("decoder").predict_on_batch(maps)[:, :, :, 0]
    np.testing.assert_allclose(decoded[[0, -1]], expected, atol=1e-5)


def test_a_way_needs_two_times(sample):
    _, split = sample
    with pytest.raises(ValueError, match="No test merger has two images with different times"):
        choose_way(split.drop_duplicates(["group", "camera"]), np.arange(4))


def test_observed_images_are_searched_for_by_the_vector(networks, sample):
    path, split = sample
    about = pd.DataFrame({"id": ["a", "b", "c"], "used": [True, False, True]})
    frame = Frame.of(path)
    images = np.random.default_rng(3).integers(0, 256, (2, PIXELS, PIXELS, 1)).astype(np.uint8)
    table = search_similar(networks[1], path, split, frame, about, images, batch_size=5)
    assert table["id"].tolist() == ["a", "b", "c"] and table.columns[:3].tolist() == ["id", "used", "spread_myr"]
    assert table["similar_2_group"].notna().tolist() == [True, False, True]
    assert set(table.loc[0, ["similar_1_group", "similar_2_group"]]) == {"s_1", "s_2"}
    of_turned = search_similar(networks[1], path, split, frame, about, turned(images, 5), batch_size=5)
    np.testing.assert_allclose(
        of_turned["similar_1_distance"].dropna().astype(float),
        table["similar_1_distance"].dropna().astype(float),
        rtol=1e-4,
    )
    nothing = search_similar(networks[1], path, split, frame, about.assign(used=False), images[:0], batch_size=5)
    assert nothing["similar_1_group"].isna().all() and len(nothing) == 3
