"""How well a dater knows what is none of its own."""

import h5py
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.dater import Dater, Eye
from deepgalaxy.dater.trial import measure_novelty
from deepgalaxy.image import density_of, stretch
from deepgalaxy.observed.preparing import Frame, as_observed
from deepgalaxy.observed.strangers import make_strangers


def test_each_set_has_a_row(packed):
    dater = Dater.read(packed.file)
    split = pd.read_csv(packed.directory / "split.csv")
    table = measure_novelty(dater, Eye(dater.network(), 4), packed.directory / "test.hdf5", split, 1, 16)
    table = table.set_index("set")
    assert table["images"].to_dict() == {
        "test mergers, as bright as simulated": 16,
        "lone test galaxies, as bright as simulated": 8,
        "test mergers": 16,
        "lone test galaxies": 8,
        "noise": table["images"]["noise"],
        "star fields": table["images"]["star fields"],
        "lone spirals": 40,
        "photographs": table["images"]["photographs"],
    }
    assert table["images"]["photographs"] > 3 and table["simulations"]["lone test galaxies"] == 2
    assert table["share_warned"].dropna().between(0, 1).all()
    assert table["median_error_myr"].notna().tolist()[:4] == [True, False, True, False]
    assert 0 <= table["auc_lone_probability"]["lone test galaxies"] <= 1


def test_what_is_none_of_ours_is_the_same_for_the_same_seed():
    frame = Frame(32, "uint8", "disc", 40.0, 0.6)
    one, other = ({name: images.tobytes() for name, images in make_strangers(frame, 3, 4)} for _ in range(2))
    assert one == other and list(one) == ["noise", "star fields", "lone spirals", "photographs"]
    for _, images in make_strangers(frame, 3, 4):
        assert images.shape[1:] == (32, 32, 1) and (images[:, 0, 0] == 0).all()


def test_images_as_if_observed_are_alike_in_brightness_and_in_nothing_else(packed):
    frame = Frame(32, "uint8", "square", None, 0.6)
    density = np.random.default_rng(1).gamma(0.3, 0.004, (32, 32, 1))
    bright, faint = (np.rint(255 * stretch(density * gain)).astype(np.uint8)[None] for gain in (1, 0.25))
    seen = [as_observed(images, frame) for images in (bright, faint)]
    assert [np.percentile(images, 99) / 255 for images in seen] == pytest.approx([0.6, 0.6], abs=0.01)
    assert np.abs(seen[0].astype(int) - seen[1]).max() <= 8 < np.abs(bright.astype(int) - faint).max()
    black = np.zeros((1, 32, 32, 1), np.uint8)
    assert (as_observed(black, frame) == 0).all()
    with h5py.File(packed.directory / "train.hdf5") as file:
        assert as_observed(file["images"][:2], Dater.read(packed.file).frame).dtype == np.uint8


def test_light_is_that_which_is_stretched():
    light = np.geomspace(1e-5, 0.09, 20)
    np.testing.assert_allclose(density_of(stretch(light)), light, rtol=1e-4)
