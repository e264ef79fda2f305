"""The map of the features: what lies together there, and what is drawn."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.archive import MEMBERS, array_bytes, write_archive
from deepgalaxy.figures.embedding import embed, plot_embedding

COUNT = 60


@pytest.fixture
def dater(tmp_path):
    """A dater with features of images of mergers, some of them without a time, and of lone galaxies."""
    lone = np.arange(COUNT) % 4 == 0
    features = np.random.default_rng(1).normal(size=(COUNT, 5)).astype(np.float32) + 12 * lone[:, None]
    training = pd.DataFrame({"row": range(COUNT), "group": "s_1_m_1", "camera": 0, "label": 0, "isolated": lone})
    training["target_myr"] = np.where(lone | (np.arange(COUNT) % 10 == 1), np.nan, np.arange(COUNT))
    members = dict.fromkeys(MEMBERS, b"") | {
        "features.npy": array_bytes(features),
        "training.csv": training.to_csv(index=False).encode(),
        "classes.csv": b"label,counts_from\n0,first pericentre\n",
    }
    write_archive(members, {}, tmp_path / "dater.zip")
    return tmp_path / "dater.zip"


def test_what_is_alike_lies_together_and_the_same_way_each_time():
    rng = np.random.default_rng(1)
    training, others = (np.concatenate([rng.normal(size=(n, 4)), rng.normal(20, 1, (n, 4))]) for n in (30, 2))
    place = embed(training, others, 2**40)
    np.testing.assert_array_equal(place, embed(training, others, 2**40))
    first, second = place[:30].mean(axis=0), place[30:60].mean(axis=0)
    nearer = [np.linalg.norm(one - first) < np.linalg.norm(one - second) for one in place[60:]]
    assert nearer == [True, True, False, False]


def labels(figure):
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_lone_galaxies_and_observed_images_are_marked(dater, tmp_path, drawn):
    with h5py.File(tmp_path / "observed.hdf5", "w") as file:
        file["features"] = np.zeros((2, 5), np.float32)
    table = pd.DataFrame({"id": ["a", "b", "c"], "used": [True, False, True], "warning": [None, None, "Far."]})
    table.to_csv(tmp_path / "table.csv", index=False)
    observed = [tmp_path / "observed.hdf5", tmp_path / "table.csv"]
    figure = drawn(plot_embedding, dater, observed, 1, name="figure.png")
    assert labels(figure) == ["mergers without a time", "lone galaxies", "observed", "observed, with a warning"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2"]
    counts = [len(points.get_offsets()) for points in figure.axes[0].collections]
    assert counts == [39, 6, 15, 1, 1]
    assert figure.axes[1].get_ylabel() == "time since the first pericentre (Myr)"


def test_there_may_be_no_observed_image(dater, drawn):
    assert labels(drawn(plot_embedding, dater, [], 1, name="figure.png")) == ["mergers without a time", "lone galaxies"]
