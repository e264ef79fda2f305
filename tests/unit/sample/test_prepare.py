import sys

import h5py
import numpy as np
import pytest

from deepgalaxy.dataset.catalogue import catalogue_dataset
from deepgalaxy.dataset.layout import group_name
from deepgalaxy.image import prepare_image
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.select import list_images, select_images
from deepgalaxy.sample.split import SPLITS, split_images
from support.datasets import create_group


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32"])
def test_an_image_becomes_grey_small_and_keeps_its_brightness(dtype):
    values = np.random.default_rng(1).uniform(size=(16, 16, 3))
    native = (values * 255).round().astype(dtype) if dtype == "uint8" else values.astype(dtype)
    expected = values.mean(axis=2).reshape(8, 2, 8, 2).mean(axis=(1, 3))
    stored = prepare_image(native, 8, "uint8")
    assert stored.shape == (8, 8) and stored.dtype == np.uint8
    np.testing.assert_allclose(stored / 255, expected, atol=0.005)
    kept = prepare_image(native, 8, "float16")
    assert kept.dtype == np.float16
    np.testing.assert_allclose(kept, expected, atol=0.004)


def write_dataset(path, images):
    with h5py.File(path, "w") as file:
        create_group(file, "s_1_m_1", images, np.arange(images.shape[1]) * 5, {})
    return path


def prepare(path, table, pixels, dtype="float16", seed=5, memory_bytes=2**20, processes=1):
    outputs = {split: path.with_name(f"{split}-{processes}.hdf5") for split in SPLITS}
    prepare_images(path, table, pixels, dtype, seed, outputs, memory_bytes, processes)
    return outputs


@pytest.mark.parametrize("by", ["line_of_sight", "image", "time_block"])
def test_every_row_is_there_once_with_its_own_image(tmp_path, by):
    # Each image has one brightness that tells it from all others.
    brightness = np.arange(14 * 9).reshape(14, 9) / 128
    images = np.broadcast_to(brightness[:, :, None, None, None], (14, 9, 4, 4, 1)).astype(np.float16)
    dataset = write_dataset(tmp_path / "images.hdf5", images)
    table, _ = label_images(list_images(dataset), "time")
    table = split_images(table, by, validation=0.2, test=0.2, seed=1, block_myr=10)
    # One process, and three with so little memory that a block is one image: the same bits.
    outputs, others = prepare(dataset, table, 4), prepare(dataset, table, 4, memory_bytes=1, processes=3)
    seen = []
    for split in SPLITS:
        assert outputs[split].read_bytes() == others[split].read_bytes()
        with h5py.File(outputs[split]) as file:
            row = file["row"][:]
            seen += row.tolist()
            assert set(table["split"][row]) == {split}
            assert (np.diff(row) < 0).any(), "the images are to be shuffled"
            np.testing.assert_array_equal(file["label"][:], table.loc[row, "label"])
            np.testing.assert_array_equal(file["target_myr"][:], table.loc[row, "target_myr"])
            np.testing.assert_array_equal(file["images"][:, 0, 0, 0], brightness.ravel()[row])
            assert file["images"].chunks is None and file["images"].shape == (len(row), 4, 4, 1)
    assert sorted(seen) == table.index.tolist()


MEASURE = """
import sys
import pandas as pd
from deepgalaxy.sample.prepare import prepare_images
from support.memory import peak_growth
path, table, memory, processes = sys.argv[1], pd.read_csv(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
outputs = {split: f"{path}.{split}" for split in ("train", "validation", "test")}
with peak_growth() as growth:
    prepare_images(path, table, 64, "uint8", 1, outputs, memory, processes)
print(growth[0])
"""


def test_a_dataset_larger_than_the_memory_budget_is_prepared_within_it(tmp_path, run, root):
    images = np.random.default_rng(1).integers(0, 256, (14, 64, 512, 512, 1), np.uint8)
    dataset = write_dataset(tmp_path / "images.hdf5", images)
    table, _ = label_images(list_images(dataset), "time")
    split_images(table, "line_of_sight", validation=0.2, test=0.2, seed=1).to_csv(tmp_path / "split.csv", index=False)

    def growth(budget):
        result = run(
            *(sys.executable, "-c", MEASURE, dataset, tmp_path / "split.csv", budget, 2),
            env={"PYTHONPATH": f"{root / 'workflow/scripts'}:{root / 'tests'}"},
        )
        assert result.returncode == 0, result.stderr
        return int(result.stdout)

    # Beside the images there are two more processes, each with some MB of its own.
    processes = growth(0)
    assert processes < 48 * 2**20
    budget = 32 * 2**20
    assert images.nbytes > 6 * budget
    assert growth(budget) < processes + budget
    # A sequence of 64 images is 16 MiB, so that with memory to spare more is taken: the measure can tell.
    assert processes < growth(100 * budget)


def test_a_published_census_goes_through_the_whole_data_path(tmp_path):
    """36 groups, 14 cameras and 71 snapshots, of images of four pixels."""
    ratios = (0.25, 0.5, 0.75, 1, 1.25, 1.5)
    images = np.random.default_rng(1).integers(0, 256, (14, 71, 2, 2, 1), np.uint8)
    with h5py.File(tmp_path / "census.hdf5", "w") as file:
        for size_ratio in ratios:
            for mass_ratio in ratios:
                create_group(file, group_name(size_ratio, mass_ratio), images, np.arange(300, 655, 5), {})
    catalogue = catalogue_dataset(tmp_path / "census.hdf5", processes=2)
    assert len(catalogue) == 36 * 14 and catalogue["snapshots"].sum() == 35784
    select_images(tmp_path / "census.hdf5", catalogue, tmp_path / "subset.hdf5", 14, groups=["s_*"])
    table, classes = label_images(list_images(tmp_path / "subset.hdf5"), "time_camera")
    assert len(table) == 35784 and len(classes) == 994
    table = split_images(table, "simulation", validation=0.1, test=0.1, seed=1)
    outputs = prepare(tmp_path / "subset.hdf5", table, 2, "uint8", memory_bytes=2**30, processes=2)
    counts = {}
    for split, path in outputs.items():
        with h5py.File(path) as file:
            counts[split] = len(file["label"])
            row, number = table.loc[file["row"][7]], 7
            np.testing.assert_array_equal(file["images"][number], images[row["camera"], row["snapshot"]])
    assert counts == {"train": 28 * 994, "validation": 4 * 994, "test": 4 * 994}


def test_results_may_be_a_link_and_a_missing_dataset_is_refused(dataset_elsewhere, tmp_path):
    subset, table = dataset_elsewhere
    outputs = {split: tmp_path / f"{split}.hdf5" for split in ("train", "validation", "test")}
    prepare_images(subset, table, 8, "uint8", 1, outputs, 2**26)
    with h5py.File(outputs["train"]) as file:
        assert (file["images"][:].reshape(len(file["images"]), -1).max(axis=1) > 100).all()
    (tmp_path / "project/resources/images.hdf5").unlink()
    with pytest.raises(ValueError, match=r"s_1_m_0.5/images_camera_00 refers to .*images.hdf5, which is not there"):
        prepare_images(subset, table, 8, "uint8", 1, outputs, 2**26)


def test_an_image_that_would_be_black_is_named(tmp_path):
    images = np.random.default_rng(1).random((14, 3, 8, 8, 1), np.float32)
    images[3, 1] /= 1000
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        for ratio in (0.5, 1, 1.5):
            create_group(file, group_name(1, ratio), images, np.arange(3) * 5, {})
    table, _ = label_images(list_images(tmp_path / "images.hdf5"), "time")
    table = split_images(table, "simulation", validation=0.3, test=0.3, seed=1)
    prepare(tmp_path / "images.hdf5", table, 8, "float16")
    with pytest.raises(ValueError, match=r"images_camera_03\[1\] is black once it has 8 pixels of type uint8"):
        prepare(tmp_path / "images.hdf5", table, 8, "uint8")


@pytest.mark.usefixtures("dataset_elsewhere")
def test_virtual_images_in_a_directory_with_a_percent_sign_are_read(tmp_path):
    """Each camera refers to the whole of a dataset, which has no bounds; HDF5 fills in numbers at a percent sign."""
    dataset = tmp_path / "project/resources/images.hdf5"
    (tmp_path / "50%bulge").mkdir()
    master = tmp_path / "50%bulge" / "master.hdf5"
    with h5py.File(dataset) as file, h5py.File(master, "w") as virtual:
        for group in file.values():
            for part in group.values():
                layout = h5py.VirtualLayout(part.shape, part.dtype)
                layout[:] = h5py.VirtualSource(dataset, part.name, part.shape)
                virtual.create_virtual_dataset(part.name, layout)
    catalogue = catalogue_dataset(master)
    assert catalogue["maximum"].tolist() == catalogue_dataset(dataset)["maximum"].tolist()
    select_images(master, catalogue, tmp_path / "subset.hdf5", 14, groups=["s_*"])
    table, _ = label_images(list_images(tmp_path / "subset.hdf5"), "time")
    table = split_images(table, "simulation", validation=0.3, test=0.3, seed=1)
    with h5py.File(prepare(tmp_path / "subset.hdf5", table, 8, "uint8")["train"]) as file:
        assert (file["images"][:].reshape(len(file["images"]), -1).max(axis=1) > 0).all()


def swap_images(file):
    images = file["s_1_m_1/images_camera_01"]
    images[0], images[2] = images[2], images[0]


def damage_a_chunk(file):
    images = file["s_1_m_1/images_camera_01"]
    images.id.write_direct_chunk((1, 0, 0, 0), b"\xff" * 30)


def move_away(file):
    """The images of a camera lie in another file, which is gone: HDF5 reads zeros, and the dataset itself is there."""
    del file["s_1_m_1/images_camera_01"]
    layout = h5py.VirtualLayout((3, 8, 8, 1), ">f4")
    layout[:] = h5py.VirtualSource("gone.hdf5", "images", (3, 8, 8, 1))
    file.create_virtual_dataset("s_1_m_1/images_camera_01", layout)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            swap_images,
            r"s_1_m_1/images_camera_01\[0\] is not the image that was catalogued.* have it catalogued",
        ),
        (move_away, "s_1_m_1/images_camera_01 refers to gone.hdf5, which is not there; has the dataset"),
        (damage_a_chunk, "s_1_m_1/images_camera_01 cannot be read.* restore it from a copy"),
    ],
)
def test_other_images_than_were_catalogued_are_refused(dataset_elsewhere, tmp_path, change, sentence):
    subset, table = dataset_elsewhere
    with h5py.File(tmp_path / "project/resources/images.hdf5", "r+") as file:
        change(file)
    outputs = {split: tmp_path / f"{split}.hdf5" for split in SPLITS}
    with pytest.raises(ValueError, match=f"subset.hdf5: {sentence}"):
        prepare_images(subset, table, 8, "uint8", 1, outputs, 2**26, processes=2)
    assert not any(path.exists() for path in outputs.values())


@pytest.fixture
def dataset_elsewhere(tmp_path):
    """A subset whose results lie on another disk, behind a link, and the dataset, big-endian, beside that link."""
    for directory in ("project/resources", "scratch/somebody/results"):
        (tmp_path / directory).mkdir(parents=True)
    (tmp_path / "project/results").symlink_to(tmp_path / "scratch/somebody/results")
    images = np.random.default_rng(1).random((14, 3, 8, 8, 1)).astype(">f4")
    with h5py.File(tmp_path / "project/resources/images.hdf5", "w") as file:
        for name in ("s_1_m_0.5", "s_1_m_1", "s_1_m_1.5"):
            create_group(file, name, images, np.arange(3) * 5, {})
    dataset, sample = tmp_path / "project/resources/images.hdf5", tmp_path / "project/results/samples/one"
    sample.mkdir(parents=True)
    select_images(dataset, catalogue_dataset(dataset), sample / "subset.hdf5", cameras=2, groups=["s_*"])
    table, _ = label_images(list_images(sample / "subset.hdf5"), "time")
    return sample / "subset.hdf5", split_images(table, "simulation", 0.3, seed=1, test=0.3)
