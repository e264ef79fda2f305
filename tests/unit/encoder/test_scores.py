"""From images to the tables of an encoder-decoder, on small images of which the time can be seen."""

import shutil

import h5py
import keras
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.encoder.decode import decode_images
from deepgalaxy.encoder.encode import encode_images
from deepgalaxy.encoder.measure import TRIPLETS, read_measures, reconstruct_images
from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.encoder.retrieval import LINES, SIMULATIONS
from deepgalaxy.encoder.scores import score_reconstructions, score_spaces
from deepgalaxy.encoder.spaces import Space
from deepgalaxy.training.network import build_backbone, build_network
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.views import VIEWS, turned

PIXELS, LATENT = 16, 3
GROUPS = {"a": "train", "b": "train", "c": "validation", "d": "test", "e": "test"}
OPTIONS = TrainingOptions("reference_cnn", 1, 4)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A directory with prepared files, what is made of them, and the split table."""
    directory = tmp_path_factory.mktemp("encoder")
    rows = [(group, camera, number) for group in GROUPS for camera in range(4) for number in range(8)]
    split = pd.DataFrame(rows, columns=["group", "camera", "snapshot"])
    split["t_myr"] = 10.0 * split["snapshot"]
    split["isolated"], split["split"] = False, split["group"].map(GROUPS)
    split.to_csv(directory / "split.csv", index=False)
    rng = np.random.default_rng(1)
    images = rng.uniform(0, 0.1, (len(split), PIXELS, PIXELS, 1))
    for number, row in enumerate(split.itertuples()):  # a bar that grows with time, turned by the camera
        bar = np.zeros((PIXELS, PIXELS))
        bar[6:10, : 2 * row.snapshot + 1] = 0.8
        images[number, :, :, 0] += np.rot90(bar, row.camera)
    for name in ("train", "validation", "test"):
        chosen = (split["split"] == name).to_numpy()
        with h5py.File(directory / f"{name}.hdf5", "w") as file:
            file["images"] = np.rint(255 * images[chosen]).astype(np.uint8)
            file["row"] = np.flatnonzero(chosen)
            # One image has no time.
            file["target_myr"] = np.where(np.arange(chosen.sum()) == 5, np.nan, split["t_myr"][chosen])
    keras.utils.set_random_seed(1)
    autoencoder = build_autoencoder(build_backbone(OPTIONS, PIXELS), PIXELS, "uint8", (4, 4, 4, 4))
    variational = build_variational(autoencoder, np.zeros(128), np.ones(128), LATENT, 8)
    classifier = build_network(OPTIONS, PIXELS, "uint8", 3)
    prepared = {name: directory / f"{name}.hdf5" for name in ("train", "validation", "test")}
    encode_images(variational, {"cnn": classifier}, prepared, directory / "latent.hdf5", 16)
    decode_images(autoencoder, variational, prepared["test"], directory / "decoded.hdf5", 16)
    files = (directory / "decoded.hdf5", prepared["train"], prepared["test"], directory / "reconstructions.hdf5")
    reconstruct_images(*files, LATENT, 16, 1)
    keras.utils.clear_session()
    return directory, split, autoencoder, variational


def test_vectors_are_those_of_the_network_turned_as_said(made):
    directory, _, autoencoder, variational = made
    with h5py.File(directory / "latent.hdf5") as latent, h5py.File(directory / "test.hdf5") as test:
        images = test["images"][:]
        given = variational.predict_on_batch(images)
        np.testing.assert_allclose(latent["test/mean"], given["mean"], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(latent["test/log_variance"], given["log_variance"], rtol=1e-4, atol=1e-5)
        pooled = autoencoder.get_layer("encoder").predict_on_batch(images).mean(axis=(1, 2))
        np.testing.assert_allclose(latent["test/pooled"], pooled, rtol=1e-4, atol=1e-5)
        assert latent["test_turned/features/cnn"].shape == (VIEWS, 64, 128)
        np.testing.assert_allclose(latent["test_turned/mean"][0], latent["test/mean"], rtol=1e-4, atol=1e-5)
        of_turned = variational.predict_on_batch(turned(images, 5))["mean"]
        np.testing.assert_allclose(latent["test_turned/mean"][5], of_turned, rtol=1e-4, atol=1e-5)
        assert set(latent) == {"train", "validation", "test", "test_turned"}


def test_images_made_again_are_measured_from_worst_to_best(made):
    directory, split, autoencoder, _ = made
    with h5py.File(directory / "reconstructions.hdf5") as file, h5py.File(directory / "test.hdf5") as test:
        brightness = test["images"][..., 0] / 255
        again = autoencoder.predict_on_batch(test["images"][:])[..., 0]
        mae = np.abs(again - brightness).mean(axis=(1, 2))
        np.testing.assert_allclose(file["autoencoder/mae"], mae, atol=1e-3)
        place = file["triplets/place"][:]
        assert len(place) == TRIPLETS and (np.diff(file["autoencoder/mae"][:][place]) <= 0).all()
        np.testing.assert_allclose(file["triplets/image"], brightness[place], atol=1e-6)
        assert file.attrs["training_images"] == 64
    tables, row = read_measures(directory / "reconstructions.hdf5")
    assert set(tables) == {"autoencoder", "variational", "mean_image", "nearest_image", "pca_3", "pca_64"}
    assert (split["split"].to_numpy()[row] == "test").all()
    table = score_reconstructions(directory / "reconstructions.hdf5", split, 1).set_index("reconstruction")
    assert table.loc["pca_64", "mae"] < table.loc["pca_3", "mae"] < table.loc["mean_image", "mae"]
    assert (table["simulations"] == 2).all()


@pytest.fixture
def score(made, monkeypatch):
    """A function that scores the spaces, by default of the files of ``made``."""
    directory, split, *_ = made
    monkeypatch.setattr("deepgalaxy.encoder.scores.map_of", lambda points, _: points[:, :2])
    morphology = pd.DataFrame({"row": range(len(split))})
    for number, name in enumerate(("gini", "m20", "concentration", "asymmetry", "separation")):
        morphology[name] = split["t_myr"] * (1 + number) / 7
    prepared = {name: directory / f"{name}.hdf5" for name in ("train", "test")}
    pericentres = {"d": np.array([35.0]), "e": np.array([35.0])}

    def scored(split=split, latent=directory / "latent.hdf5"):
        return score_spaces(latent, prepared, morphology, split, pericentres, 1)

    return scored


def test_spaces_are_scored_among_images_that_have_a_time(made, score):
    directory, split, *_ = made
    table, searches = score()
    assert set(table["space"]) == {"vector", "maps", "features of cnn", "pca_3", "statistics", "random"}
    assert set(table["gallery"]) == {SIMULATIONS, LINES} and set(table["phase"]) == {"all", "0", "1"}
    all_times = table[table["phase"] == "all"].set_index(["space", "gallery"])
    assert (all_times["queries"] == 63).all()
    assert all_times.loc[("statistics", LINES), "median_difference_myr"] == 0
    assert all_times.loc[("random", LINES), "median_difference_myr"] > 10
    # Cameras turn the bar, and so do the views: what is known of one line is found along another.
    pixels = all_times.loc[("pca_3", SIMULATIONS)]
    assert pixels["turns_median_difference_myr"] <= pixels["turned_median_difference_myr"]
    assert 0 <= pixels["turned_overlap"] <= 1 and pixels["dimensions"] == LATENT
    assert all_times["rate_nats"].notna().groupby("space").all().to_dict() == {
        space: space == "vector" for space in set(table["space"])
    }
    assert all_times.loc[("vector", LINES), "active_units"] <= LATENT
    assert all_times.loc[("random", LINES), ["map_purity", "turned_overlap"]].isna().all()
    limits = all_times.loc[("statistics", LINES), ["map_purity_low", "map_purity", "map_purity_high"]].astype(float)
    assert limits.is_monotonic_increasing
    assert all_times.loc[("statistics", LINES), "map_purity"] > all_times.loc[("statistics", LINES), "chance_purity"]
    searches.write(directory / "searches.hdf5")
    with h5py.File(directory / "searches.hdf5") as file:
        rows = split.iloc[file["query_row"][:]]
        assert (rows["split"] == "test").all() and set(file["map/row"][:]) == set(file["query_row"][:])
        assert file["map/places/vector"].shape == (63, 2) and "random" not in file["map/places"]
        found = split.iloc[file["gallery_row"][:][file[f"found/statistics/{LINES}"][:, 0]]]
        np.testing.assert_array_equal(found["t_myr"], rows["t_myr"])


def test_in_a_single_merger_nothing_is_found_and_all_else_is_scored(made, score):
    table, searches = score(made[1].assign(group="a"))
    assert table["gallery"].isna().all() and table["space"].is_unique and not any(searches.found.values())
    assert table["map_purity"].notna().sum() == len(table) - 1  # not of the random space
    assert table.columns.tolist() == score()[0].columns.tolist()


def test_images_without_a_time_are_one_sentence(made, score, tmp_path):
    shutil.copyfile(made[0] / "latent.hdf5", tmp_path / "latent.hdf5")
    with h5py.File(tmp_path / "latent.hdf5", "a") as file:
        file["test/target_myr"][:] = np.nan
    with pytest.raises(ValueError, match="or no test image, has a time"):
        score(latent=tmp_path / "latent.hdf5")


def test_a_coordinate_that_never_varies_is_left_as_it_is():
    space = Space(np.array([[1.0, 5], [3, 5]]), np.array([[2.0, 6]])).standardised()
    np.testing.assert_allclose(space.gallery, [[1, 5], [3, 5]])
    np.testing.assert_allclose(space.queries, [[2, 6]])
