"""Prepared files with frames, of a part of the field, and of a disc."""

import h5py
import numpy as np
import pytest

from deepgalaxy.dataset.layout import group_name
from deepgalaxy.image import disc, prepare_image
from deepgalaxy.resampling import Sight, light_of, reduced, to_store
from deepgalaxy.sample.label import label_images
from deepgalaxy.sample.prepare import prepare_images
from deepgalaxy.sample.select import list_images
from deepgalaxy.sample.split import SPLITS, split_images
from support.datasets import create_group


@pytest.fixture
def dataset(tmp_path):
    """Three mergers, of images of 40 pixels that show 100 kpc on each side of the centre."""
    path = tmp_path / "images.hdf5"
    images = np.random.default_rng(1).random((14, 2, 40, 40, 1)).astype(np.float16)
    with h5py.File(path, "w") as file:
        for ratio in (0.5, 1, 1.5):
            create_group(file, group_name(1, ratio), images, np.arange(2) * 5, {"half_width_kpc": 100.0})
    return path


def prepare(dataset, **images):
    table, _ = label_images(list_images(dataset), "time")
    table = split_images(table, "simulation", validation=0.3, test=0.3, seed=1)
    outputs = {split: dataset.with_name(f"{split}.hdf5") for split in SPLITS}
    prepare_images(dataset, table, seed=5, outputs=outputs, memory_bytes=2**24, **images)
    return table, outputs["train"]


def native_of(dataset, row):
    with h5py.File(dataset) as file:
        return file[row["group"]][f"images_camera_{row['camera']:02d}"][row["snapshot"]]


def test_frames_are_the_whole_field_and_images_its_middle(dataset):
    table, train = prepare(dataset, pixels=16, dtype="uint8", oversampling=2, half_width_kpc=80, shape="disc")
    with h5py.File(train) as file:
        assert dict(file.attrs) == {"shape": "disc", "oversampling": 2, "half_width_kpc": 80.0}
        frames, images = file["frames"][:], file["images"][:]
        assert frames.shape[1:] == (40, 40, 1) and images.shape[1:] == (16, 16, 1)
        assert file["frames"].chunks is None and file["images"].chunks is None
        native = native_of(dataset, table.loc[file["row"][3]])[:, :, 0].astype(float)
    shown = light_of(frames[3, :, :, 0])
    expected = light_of(np.rint(255 * native).astype(np.uint8)) * disc(40)
    # To a step of the 256 that brightness is stored in.
    np.testing.assert_allclose(shown, expected, rtol=0.04, atol=1e-5)
    sight = Sight(16, "uint8", "disc", 2, 80.0)
    for frame, image in zip(frames, images):
        np.testing.assert_array_equal(to_store(reduced(light_of(frame[:, :, 0]), sight), sight), image[:, :, 0])
    assert not images[:, 0, 0].any() and images[:, 8, 8].all()


def test_a_part_of_the_field_is_seen_without_frames(dataset):
    table, train = prepare(dataset, pixels=16, dtype="float16", half_width_kpc=80)
    with h5py.File(train) as file:
        assert "frames" not in file and file.attrs["half_width_kpc"] == 80 and file.attrs["shape"] == "square"
        native = native_of(dataset, table.loc[file["row"][0]])
        np.testing.assert_array_equal(
            file["images"][0, :, :, 0], prepare_image(np.ascontiguousarray(native[4:-4, 4:-4]), 16, "float16")
        )


def test_the_field_is_taken_from_the_dataset_and_unknown_if_that_says_nothing(dataset):
    with h5py.File(prepare(dataset, pixels=8, dtype="uint8")[1]) as file:
        assert file.attrs["half_width_kpc"] == 100 and file.attrs["oversampling"] == 0
    with h5py.File(dataset, "r+") as file:
        file["s_1_m_1"].attrs["half_width_kpc"] = 90.0
    with h5py.File(prepare(dataset, pixels=8, dtype="uint8")[1]) as file:
        assert "half_width_kpc" not in file.attrs


@pytest.mark.parametrize(
    ("recorded", "sentence"),
    [
        ({"s_1_m_1": None}, "s_1_m_1 does not record how many kpc its images show"),
        ({"s_1_m_1": 60.0}, "asks for 80 kpc on each side of the centre, and the images of s_1_m_1 show 60 kpc"),
        ({"s_1_m_1": 90.0}, "its groups show fields of 90 to 100 kpc"),
    ],
)
def test_a_field_that_cannot_be_had_is_one_sentence(dataset, recorded, sentence):
    with h5py.File(dataset, "r+") as file:
        for name, value in recorded.items():
            del file[name].attrs["half_width_kpc"]
            if value:
                file[name].attrs["half_width_kpc"] = value
    with pytest.raises(ValueError, match=sentence):
        prepare(dataset, pixels=16, dtype="uint8", half_width_kpc=80)
