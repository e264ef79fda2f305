"""What is drawn of an encoder-decoder, from the files that a small one leaves of a sample of noise."""

import shutil
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from deepgalaxy.baselines.morphology import STATISTICS
from deepgalaxy.encoder.decode import decode_images
from deepgalaxy.encoder.encode import encode_images
from deepgalaxy.encoder.measure import TRIPLETS, reconstruct_images
from deepgalaxy.encoder.networks import build_autoencoder, build_variational
from deepgalaxy.encoder.retrieval import LINES, SIMULATIONS
from deepgalaxy.encoder.scores import score_reconstructions, score_spaces
from deepgalaxy.encoder.walk import STEPS, walk
from deepgalaxy.figures.latent import plot_latent
from deepgalaxy.figures.reconstructions import plot_reconstructions
from deepgalaxy.figures.retrieval import median_by_rank, plot_retrieval
from deepgalaxy.figures.similar import QUERIES, plot_queries, plot_similar
from deepgalaxy.figures.walk import ROWS, plot_walk
from deepgalaxy.observed.similar import NEAREST

PIXELS, LATENT = 16, 2
CAMERAS = (0, 2, 3)
NUMBERS = {"train": 1, "validation": 2, "test": 3}
"""Size ratios of the mergers of each split."""


def write_sample(directory):
    """Write prepared files of three mergers to train on, and of two to test, along three lines of sight."""
    rows = [
        (name, f"s_{NUMBERS[name]}_m_{number}", camera, step, 10.0 * step)
        for name, mergers in (("train", 3), ("validation", 1), ("test", 2))
        for number in range(mergers)
        for camera in CAMERAS
        for step in range(6)
    ]
    split = pd.DataFrame(rows, columns=["split", "group", "camera", "snapshot", "target_myr"])
    split["t_myr"] = split["target_myr"] + 50
    split["first_pericentre_myr"], split["coalescence_myr"] = 50.0, 90.0
    split["isolated"], split["label"] = False, 0
    rng = np.random.default_rng(1)
    for name in ("train", "validation", "test"):
        chosen = rng.permutation(np.flatnonzero(split["split"] == name))
        with h5py.File(directory / f"{name}.hdf5", "w") as file:
            file["row"], file["target_myr"] = chosen, split["target_myr"].to_numpy(np.float32)[chosen]
            file["images"] = rng.integers(0, 256, (len(chosen), PIXELS, PIXELS, 1)).astype(np.uint8)
    return split


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """The files, the tables and the split table of an encoder that was not trained."""
    directory = tmp_path_factory.mktemp("encoder")
    split = write_sample(directory)
    keras.utils.set_random_seed(1)
    autoencoder = build_autoencoder(lambda x: layers.Conv2D(3, 3, strides=2, padding="same")(x), PIXELS, "uint8", [4])
    variational = build_variational(autoencoder, np.zeros(3), np.ones(3), latent=LATENT, hidden=8)
    classifier = keras.Sequential(
        [keras.Input((PIXELS, PIXELS, 1)), layers.Flatten(), layers.Dense(3), layers.Dense(2)]
    )
    paths = {name: directory / f"{name}.hdf5" for name in ("train", "validation", "test")}
    files = {name: directory / f"{name}.hdf5" for name in ("latent", "decoded", "made", "searches", "walk")}
    encode_images(variational, {"cnn": classifier}, paths, files["latent"], 16)
    decode_images(autoencoder, variational, paths["test"], files["decoded"], 16)
    reconstruct_images(files["decoded"], paths["train"], paths["test"], files["made"], LATENT, 64, 1)
    morphology = pd.DataFrame(np.random.default_rng(2).normal(size=(len(split), len(STATISTICS))), columns=STATISTICS)
    morphology["row"] = np.arange(len(split))
    pericentres_myr = {group: np.array([50.0]) for group in split["group"].unique()}
    table, searches = score_spaces(files["latent"], paths, morphology, split, pericentres_myr, seed=1)
    searches.write(files["searches"])
    walk(autoencoder, variational, paths["test"], split, files["walk"])
    made = score_reconstructions(files["made"], split, 1)
    return SimpleNamespace(
        split=split, latent=table, reconstruction=made, **paths, **{f"{k}_file": v for k, v in files.items()}
    )


def words(figure):
    """All titles and labels of a figure."""
    panels = [text for axes in figure.axes for text in (axes.get_title(), axes.get_xlabel(), axes.get_ylabel())]
    return " ".join([figure.get_suptitle(), *panels])


def test_triplets_are_drawn_from_the_worst_to_the_best(encoder, drawn):
    figure = drawn(plot_reconstructions, encoder.made_file, encoder.split, encoder.reconstruction)
    assert len(figure.axes) == 3 * TRIPLETS
    below = [float(axes.get_xlabel()) for axes in figure.axes[TRIPLETS : 2 * TRIPLETS]]
    assert below == sorted(below, reverse=True)
    mean = encoder.reconstruction.set_index("reconstruction")["mae"]
    assert f"autoencoder {mean['autoencoder']:.4f}, by the vector {mean['variational']:.4f}" in words(figure)
    assert f"64 principal components {mean['pca_64']:.4f}" in words(figure) and "mass 0, size 3" in words(figure)


def test_the_map_is_coloured_by_time_merger_and_line(encoder, drawn):
    figure = drawn(plot_latent, encoder.searches_file, encoder.split, encoder.latent)
    spaces = encoder.latent.drop_duplicates("space").set_index("space")
    assert f"{spaces.loc['vector', 'map_purity']:.2f} in this map, and" in words(figure)
    assert f"{spaces.loc['pca_2', 'map_purity']:.2f} in that of 2 principal components" in words(figure)
    by_merger, by_line = (axes.get_legend() for axes in figure.axes[1:3])
    assert [text.get_text() for text in by_merger.get_texts()] == ["mass 0, size 3", "mass 1, size 3"]
    assert [text.get_text() for text in by_line.get_texts()] == ["cameras 00, 01", "cameras 02, 12", "cameras 03, 13"]
    points = [sum(len(dots.get_offsets()) for dots in axes.collections) for axes in figure.axes[:3]]
    assert points == [36, 36, 36]


def test_retrieval_is_drawn_by_rank_and_phase(encoder, drawn):
    figure = drawn(plot_retrieval, encoder.searches_file, encoder.split, encoder.latent)
    t_myr = encoder.split["target_myr"].to_numpy()
    with h5py.File(encoder.searches_file) as file:
        expected = median_by_rank(file, "vector", LINES, t_myr)
        found, query = file[f"found/vector/{SIMULATIONS}"][:], file["query_row"][:]
        first = np.abs(t_myr[file["gallery_row"][:][found[:, 0]]] - t_myr[query])
        assert median_by_rank(file, "vector", SIMULATIONS, t_myr)[0] == np.median(first)
    middle, right = figure.axes[1:3]
    np.testing.assert_allclose(middle.lines[0].get_ydata(), expected)
    phases = [text.get_text() for text in right.get_xticklabels()]
    assert phases[0] == "all" and len(phases) == len(set(encoder.latent["phase"]))
    assert len(middle.lines) == encoder.latent["space"].nunique()


@pytest.mark.parametrize("left", [[SIMULATIONS], []], ids=["of other mergers", "of none"])
def test_retrieval_is_drawn_where_no_image_is_of_another_line_of_sight(encoder, drawn, tmp_path, left):
    shutil.copyfile(encoder.searches_file, tmp_path / "searches.hdf5")
    with h5py.File(tmp_path / "searches.hdf5", "a") as file:
        for space in file["found"].values():
            for kind in {SIMULATIONS, LINES} - set(left):
                del space[kind]
    along_any = encoder.latent.assign(gallery=encoder.latent["gallery"].where(encoder.latent["gallery"].isin(left)))
    figure = drawn(plot_retrieval, tmp_path / "searches.hdf5", encoder.split, along_any)
    of_mergers, of_lines = figure.axes[:2]
    assert len(of_mergers.lines) == len(left) * along_any["space"].nunique() and not of_lines.lines


def test_each_query_is_beside_similar_images_of_other_mergers(encoder, drawn):
    figure = drawn(plot_queries, encoder.latent_file, encoder.split, encoder.test, encoder.train, name="figure.png")
    assert len(figure.axes) == QUERIES * (1 + NEAREST)
    titles = [axes.get_title() for axes in figure.axes[: 1 + NEAREST]]
    assert titles[0].startswith("mass ") and titles[0].endswith(": 0 Myr")
    # There are three training mergers, so that two places stay empty.
    assert {title.split()[2] for title in titles[1:4]} == {"0,", "1,", "2,"}
    assert titles[4:] == ["", ""]


def test_a_walk_is_drawn_beside_what_was_simulated_and_a_blend(encoder, drawn):
    figure = drawn(plot_walk, encoder.walk_file)
    assert len(figure.axes) == len(ROWS) * STEPS
    assert "of mass 0, size 3, camera 00" in words(figure)
    blended = [axes.get_xlabel() for axes in figure.axes[-STEPS:]]
    assert blended[0] == blended[-1] == "0.0000"


def test_observed_images_are_drawn_with_what_is_like_them(encoder, drawn, tmp_path):
    with h5py.File(encoder.train) as file, h5py.File(tmp_path / "observed.hdf5", "w") as observed:
        row, observed["images"] = file["row"][:3], file["images"][:2]
    long = "name_" * 20 + ".png"
    about = {"file": ["$a.png", "none.png", long], "used": [True, False, True], "spread_myr": [40.0, np.nan, np.nan]}
    table = pd.DataFrame(about)
    for number in range(1, NEAREST + 1):
        there = number <= 2
        values = (
            ("row", row if there else None),
            ("group", "s_1_m_1"),
            ("camera", 3),
            ("target_myr", 20.0),
            ("distance", 1.0),
        )
        table[[f"similar_{number}_{name}" for name, _ in values]] = None
        for name, value in values:
            table[f"similar_{number}_{name}"] = value if there else None
    figure = drawn(plot_similar, table, tmp_path / "observed.hdf5", encoder.train, name="figure.png")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:4] == [
        "$a.png\ntimes over 40 Myr",
        "1: mass 1, size 1\ncamera 03: 20 Myr",
        "2: mass 1, size 1\ncamera 03: 20 Myr",
        "",
    ]
    assert titles[6] == "name_name_name_name_na\nme_name_name_name_nam…" and len(titles) == 2 * (1 + NEAREST)
    drawn(plot_similar, table.assign(used=False), tmp_path / "observed.hdf5", encoder.train, name="none.png")
