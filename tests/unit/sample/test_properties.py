"""Properties of images, read from the groups that they are in."""

import h5py
import numpy as np
import pytest

from deepgalaxy.dataset.cameras import camera_directions
from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.properties import add_properties, describe_targets
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images
from deepgalaxy.targets import PROPERTIES, all_columns, smeared
from support.datasets import create_group

TIMES = np.arange(0.0, 80, 10)
RIG = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
SIMULATED = {"pericentres_myr": [25.0, 55.0], "coalescence_myr": 60.0, "camera_rig": RIG}


@pytest.fixture
def subset(tmp_path):
    """Mergers with and without records, and a lone galaxy; the first two snapshots are not selected."""
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for name, attributes in (
            ("s_0.5_m_0.25", SIMULATED | {"separation_kpc": 90 - TIMES}),
            ("s_1_m_2", SIMULATED | {"separation_kpc": 80 - TIMES, "coalescence_myr": np.nan}),
            ("s_1_m_4", SIMULATED | {"separation_kpc": 70 - TIMES}),
            ("s_2_m_1", {"separation_kpc": [1.0]}),
            ("isolated_01", SIMULATED | {"separation_kpc": 0 * TIMES}),
        ):
            images = rng.random((14, len(TIMES), 8, 8, 1)).astype(np.float32)
            create_group(file, name, images, TIMES, attributes)
    catalogue = catalogue_dataset(tmp_path / "images.hdf5")
    path = tmp_path / "subset.hdf5"
    chosen = {"cameras": [0, 1, 2, 5], "groups": ["*"], "time_myr": (20, 70)}
    select_images(tmp_path / "images.hdf5", catalogue, path, **chosen)
    return path


def of_image(table, group, camera, t_myr):
    return table[(table["group"] == group) & (table["camera"] == camera) & (table["t_myr"] == t_myr)].iloc[0]


def test_an_image_has_the_properties_of_its_snapshot_and_camera(subset):
    table = add_properties(list_images(subset), subset, list(PROPERTIES))
    image = of_image(table, "s_0.5_m_0.25", 5, 40)
    assert image["t_peri_myr"] == 15 and image["log2_mass_ratio"] == 2 and image["log2_size_ratio"] == 1
    assert image["separation_kpc"] == 50 and image["merged"] == 0 and image["lone"] == 0
    line = image[["line_of_sight_x", "line_of_sight_y", "line_of_sight_z"]].to_numpy(float)
    np.testing.assert_allclose(line, RIG @ camera_directions()[5])
    assert of_image(table, "s_0.5_m_0.25", 0, 60)["merged"] == 1
    assert (
        of_image(table, "s_1_m_2", 0, 70)["merged"] == 0 and of_image(table, "s_1_m_2", 0, 70)["log2_mass_ratio"] == 1
    )


def test_what_is_not_known_is_nan(subset):
    table = add_properties(list_images(subset), subset, list(PROPERTIES))
    columns = [column for name in PROPERTIES for column in ([name] if name in table else [])]
    lone = table[table["isolated"]]
    assert (lone["lone"] == 1).all() and lone[columns].drop(columns="lone").isna().all(axis=None)
    published = table[table["group"] == "s_2_m_1"]
    assert published[["t_peri_myr", "separation_kpc", "line_of_sight_x", "merged"]].isna().all(axis=None)
    assert (published["log2_size_ratio"] == 1).all() and (published["lone"] == 0).all()
    assert add_properties(list_images(subset), subset, []).equals(list_images(subset))


def test_targets_are_described_by_the_training_images(subset):
    table = add_properties(list_images(subset), subset, list(PROPERTIES)).assign(split="train")
    targets = {target.name: target for target in describe_targets(table, list(PROPERTIES))}
    time = targets["t_peri_myr"]
    assert time.bins == 6 and (time.lower, time.upper) == (-10, 50) and time.known == pytest.approx(3 / 5)
    shares = smeared(table["t_peri_myr"].dropna().to_numpy(), time).mean(axis=0)
    assert time.weight == pytest.approx(-1 / (shares * np.log(shares)).sum())
    assert targets["lone"].weight == pytest.approx(-1 / (0.2 * np.log(0.2) + 0.8 * np.log(0.8)))
    assert targets["line_of_sight"].weight > 0 and targets["line_of_sight"].bins == 5
    mergers = table[table["group"].isin(["s_2_m_1"])]
    unknown = {target.name: target for target in describe_targets(mergers, list(PROPERTIES))}
    assert not any(target.learnt for target in unknown.values())
    assert unknown["t_peri_myr"].known == 0 and unknown["lone"].known == 1


def test_prepared_files_hold_the_properties(subset, tmp_path):
    names = ["line_of_sight", "separation_kpc"]
    table = add_properties(list_images(subset), subset, names)
    table, _ = label_images(table[~table["isolated"]].reset_index(drop=True), "time")
    table = split_images(table, "simulation", 0.25, seed=1, test=0.25)
    columns = all_columns(describe_targets(table, names))
    outputs = {split: tmp_path / f"{split}.hdf5" for split in SPLITS}
    prepare_images(subset, table, 8, "uint8", 1, outputs, 2**26, properties=columns)
    for path in outputs.values():
        with h5py.File(path) as file:
            assert list(file["properties"].attrs["columns"]) == columns
            assert file["properties"].dtype == np.float32 and file["properties"].chunks is None
            np.testing.assert_array_equal(file["properties"], table[columns].to_numpy(np.float32)[file["row"][:]])
