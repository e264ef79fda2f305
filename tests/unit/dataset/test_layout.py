"""The published layout: names, the catalogue and what it refuses."""

import zlib

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepgalaxy.dataset.cameras import CAMERA_COUNT
from deepgalaxy.dataset.catalogue import _describe_group, catalogue_dataset
from deepgalaxy.dataset.contents import checksums_from_text, checksums_to_text
from deepgalaxy.dataset.layout import group_name, join_files, parse_group_name
from deepgalaxy.dataset.values import smallest_and_largest
from support.datasets import create_group


@given(st.sampled_from([0.25, 0.5, 0.75, 1, 1.25, 1.5]), st.sampled_from([0.25, 0.5, 0.75, 1, 1.25, 1.5]))
def test_group_names_round_trip(size_ratio, mass_ratio):
    assert parse_group_name(group_name(size_ratio, mass_ratio)) == (size_ratio, mass_ratio)


def test_group_names_are_the_published_ones():
    assert group_name(1.0, 0.5) == "s_1_m_0.5"
    for name in ("s_1_m_", "s_1_m_1_x", "xs_1_m_1", "s_1m_1", "s_._m_1"):
        with pytest.raises(ValueError, match="is not named"):
            parse_group_name(name)


@pytest.fixture
def dataset(tmp_path):
    path = tmp_path / "images.hdf5"
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for size_ratio in (1, 1.5):
            images = rng.uniform(size=(CAMERA_COUNT, 5, 8, 8, 1)).astype(np.float16)
            create_group(file, group_name(size_ratio, 1), images, np.arange(5) * 5, {"seed": 7})
    return path


def test_a_sound_file_is_catalogued(dataset):
    catalogue = catalogue_dataset(dataset)
    assert len(catalogue) == 2 * CAMERA_COUNT
    row = catalogue.iloc[-1]
    assert (row.group, row.size_ratio, row.mass_ratio, row.camera) == ("s_1.5_m_1", 1.5, 1.0, 13)
    assert (row.snapshots, row.height, row.width, row.channels, row["dtype"]) == (5, 8, 8, 1, "float16")
    assert (row.t_first_myr, row.t_last_myr, row.compression, row.chunks) == (0, 20, "gzip", "1x8x8x1")
    assert 0 <= row.minimum < row.maximum <= 1
    with h5py.File(dataset) as file:
        images = file["s_1.5_m_1/images_camera_13"][:]
    assert row["mean"] == pytest.approx(images.mean(dtype=float))
    assert row["crc32"].split() == [f"0x{zlib.crc32(image.tobytes()):08x}" for image in images]


def test_checksums_stay_text_in_a_table(tmp_path):
    """Eight digits without letters would be read as a number."""
    table = pd.DataFrame({"crc32": [checksums_to_text([0x12345678]), checksums_to_text([0x1234E567])]})
    table.to_csv(tmp_path / "table.csv", index=False)
    again = pd.read_csv(tmp_path / "table.csv")["crc32"]
    assert [checksums_from_text(text).tolist() for text in again] == [[0x12345678], [0x1234E567]]


def test_joining_keeps_groups_and_their_attributes(dataset, tmp_path):
    with h5py.File(tmp_path / "more.hdf5", "w") as file:
        create_group(file, "s_0.25_m_1", np.zeros((CAMERA_COUNT, 5, 8, 8, 1), "f2"), np.arange(5), {})
    join_files([dataset, tmp_path / "more.hdf5"], tmp_path / "joined.hdf5")
    with h5py.File(tmp_path / "joined.hdf5") as file:
        assert list(file) == ["s_0.25_m_1", "s_1.5_m_1", "s_1_m_1"]
        assert file["s_1_m_1"].attrs["seed"] == 7
        assert file["s_1_m_1/images_camera_00"].chunks == (1, 8, 8, 1)


def rename(file):
    file.move("s_1_m_1", "s_1")


def remove_camera(file):
    del file["s_1_m_1/images_camera_07"]


def replace(name, data):
    def change(file):
        del file[name]
        file[name] = data

    return change


def set_value(value):
    def change(file):
        file["s_1_m_1/images_camera_03"][2, 4, 4, 0] = value

    return change


def written_in_part(file):
    """The writer died after two of five images, of which the second was half black."""
    images = file["s_1_m_1/images_camera_00"][:2]
    del file["s_1_m_1/images_camera_00"]
    file.create_dataset("s_1_m_1/images_camera_00", (5, 8, 8, 1), "f2", chunks=(1, 4, 8, 1))[:2, :4] = images[:, :4]


def refer_to(name):
    def change(file):
        del file["s_1_m_1/images_camera_00"]
        layout = h5py.VirtualLayout((5, 8, 8, 1), "f2")
        layout[:] = h5py.VirtualSource(name, "images", (5, 8, 8, 1))
        file.create_virtual_dataset("s_1_m_1/images_camera_00", layout)

    return change


def refer_to_parts(name, part, unmapped=False):
    """One half of each image of a camera lies elsewhere in the file, the other in ``part`` of the file ``name``."""

    def change(file):
        images = file["s_1_m_1/images_camera_00"][:]
        del file["s_1_m_1/images_camera_00"]
        file["s_1_m_1/half"] = images[:, :4]
        file.create_dataset("s_1_m_1/empty_half", (5, 4, 8, 1), "f2")
        layout = h5py.VirtualLayout((5, 8, 8, 1), "f2")
        layout[:, :4] = h5py.VirtualSource(".", "s_1_m_1/half", (5, 4, 8, 1))
        if not unmapped:
            layout[:, 4:] = h5py.VirtualSource(name, part, (5, 4, 8, 1))
        file.create_virtual_dataset("s_1_m_1/images_camera_00", layout)

    return change


def make_group(name):
    def change(file):
        del file[name]
        file.create_group(name)

    return change


def link(name, target):
    def change(file):
        del file[name]
        file[name] = target

    return change


def never_written(file):
    del file["s_1_m_1/images_camera_00"]
    file.create_dataset("s_1_m_1/images_camera_00", (5, 8, 8, 1), "f2", chunks=(1, 8, 8, 1))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (rename, "Group 's_1' is not named"),
        (remove_camera, "s_1_m_1/images_camera_07 is missing"),
        (replace("s_1_m_1/t_myr_camera_00", np.arange(4)), r"has shape \(5, 8, 8, 1\) for times of shape \(4,\)"),
        (replace("s_1_m_1/t_myr_camera_00", np.array([0, 5, 5, 10, 15])), "t_myr_camera_00 does not increase"),
        (replace("s_1_m_1/images_camera_00", np.zeros((5, 8, 8))), r"has shape \(5, 8, 8\)"),
        (replace("s_1_m_1/images_camera_00", np.zeros((5, 8, 8, 1), "i4")), "is of type int32"),
        (replace("s_1_m_1/t_myr_camera_00", np.array([5, 4, 3, 2, 1], np.uint8)), "t_myr_camera_00 does not increase"),
        (
            replace("s_1_m_1/t_myr_camera_00", np.array([0, 5, np.nan, 15, 20])),
            "camera_00, of type float64, has values that",
        ),
        (
            replace("s_1_m_1/t_myr_camera_00", np.array([0, 5, 10, 15, np.inf])),
            "camera_00, of type float64, has values that",
        ),
        (
            replace("s_1_m_1/t_myr_camera_00", np.array([b"a", b"b", b"c", b"d", b"e"])),
            "has values that are not numbers",
        ),
        (replace("s_1_m_1/t_myr_camera_00", 3.0), r"for times of shape \(\)"),
        (replace("s_1_m_1/images_camera_00", np.zeros((5, 8, 0, 1))), r"has shape \(5, 8, 0, 1\)"),
        (make_group("s_1_m_1/images_camera_00"), "s_1_m_1/images_camera_00 is not a dataset"),
        (
            link("s_1_m_1/images_camera_00", h5py.SoftLink("/nowhere")),
            "s_1_m_1/images_camera_00 is not a dataset|is missing",
        ),
        (link("s_1_m_1", h5py.ExternalLink("gone.hdf5", "/s_1_m_1")), "s_1_m_1 is not a group that can be opened"),
        (never_written, "s_1_m_1/images_camera_00 was never written, or in part only"),
        (written_in_part, "s_1_m_1/images_camera_00 was never written, or in part only"),
        (refer_to("gone.hdf5"), "s_1_m_1/images_camera_00 refers to gone.hdf5, which is not there.$"),
        (
            refer_to_parts(".", "nothing"),
            "00 refers to nothing in images.hdf5, which is no dataset there.$",
        ),
        (
            refer_to_parts(".", "s_1_m_1/empty_half"),
            "00 refers to s_1_m_1/empty_half in .* never written",
        ),
        (refer_to_parts(".", "s_1_m_1/images_camera_00"), "images_camera_00 refers to itself.$"),
        (refer_to_parts(".", "", unmapped=True), "is virtual and refers to nothing for some of its pixels.$"),
        (
            link("s_1_m_1/images_camera_00", h5py.SoftLink("/s_1_m_1/images_camera_00")),
            "s_1_m_1/images_camera_00 is not a dataset that can be opened.$",
        ),
        (
            replace("s_1_m_1/images_camera_00", np.ones((5, 8, 6, 1), "f4")),
            "00 has images of 8 × 6 pixels, which are not",
        ),
        (
            replace("s_1_m_1/images_camera_00", np.random.default_rng(1).random((5, 6, 6, 1), "f4")),
            "file: s_1_m_1/images_camera_00 has images of 6 × 6 pixels, and most others of 8 × 8.$",
        ),
        (
            replace("s_1_m_1/images_camera_00", np.ones((5, 8, 8, 1), "f4")),
            "s_1_m_1/images_camera_00 has a single value everywhere in each of its 5 images.$",
        ),
        (
            replace("s_1_m_1/images_camera_00", np.random.default_rng(1).random((5, 8, 8, 1), "f4") / 1000),
            "00 has no value above 0.000.*, which in the range from 0 to 1 is black.$",
        ),
        (lambda file: file.copy("s_1_m_1", "s_1.0_m_1"), "s_1.0_m_1 and s_1_m_1 have the same ratios"),
        (set_value(np.nan), r"images_camera_03\[2\] has values that are not numbers"),
        (set_value(1.5), r"images_camera_03 has values from .* to 1.5, outside"),
        (set_value(-0.5), r"images_camera_03 has values from -0.5 to .*, outside"),
    ],
)
def test_each_violation_is_named(dataset, damage, sentence):
    with h5py.File(dataset, "r+") as file:
        damage(file)
    with pytest.raises(ValueError, match=sentence):
        catalogue_dataset(dataset)


def test_an_unreadable_chunk_is_named(dataset):
    with h5py.File(dataset) as file:
        chunk = file["s_1_m_1/images_camera_05"].id.get_chunk_info(3)
    with open(dataset, "r+b") as file:
        file.seek(chunk.byte_offset)
        file.write(b"\xff" * chunk.size)
    with pytest.raises(ValueError, match=r"images_camera_05\[3\] cannot be read"):
        catalogue_dataset(dataset)


def test_a_merger_under_two_names_is_told(dataset, caplog):
    with h5py.File(dataset, "r+") as file:
        file["s_0.25_m_0.25"] = h5py.SoftLink("/s_1_m_1")
    catalogue_dataset(dataset)
    assert "s_1_m_1 holds the same images as s_0.25_m_0.25: a split may train on one" in caplog.text


def test_something_else_than_hdf5_is_refused(tmp_path):
    page = tmp_path / "output_bw_512.hdf5"
    page.write_text("<html>404</html>")
    with pytest.raises(ValueError, match="is not an HDF5 file"):
        catalogue_dataset(page)


def test_a_file_that_is_cut_off_is_refused(dataset):
    with open(dataset, "r+b") as file:
        file.truncate(dataset.stat().st_size // 2)
    with pytest.raises(ValueError, match=r"images.hdf5 cannot be opened: .*truncated.* Restore it from a copy"):
        catalogue_dataset(dataset)


def test_a_camera_that_there_is_not_is_named_and_not_used(dataset, caplog):
    with h5py.File(dataset, "r+") as file:
        file["s_1_m_1/images_camera_14"] = file["s_1_m_1/images_camera_00"][:]
    assert catalogue_dataset(dataset)["camera"].max() == 13
    with caplog.at_level("WARNING", "deepgalaxy"):
        _describe_group(dataset, frozenset(), "s_1_m_1")  # which logs in a process of its own
    assert caplog.messages == ["s_1_m_1/images_camera_14 is of none of the cameras 00 to 13 and is not used"]


@pytest.mark.parametrize("name", ["images_camera_00", "t_myr_camera_00"])
def test_a_type_that_numpy_has_not_is_named(dataset, name):
    with h5py.File(dataset, "r+") as file:
        shape = file["s_1_m_1"][name].shape
        del file["s_1_m_1"][name]
        h5py.h5d.create(file["s_1_m_1"].id, name.encode(), h5py.h5t.UNIX_D32LE, h5py.h5s.create_simple(shape))
    with pytest.raises(ValueError, match=f"file: s_1_m_1/{name} is not a dataset that can be opened.$"):
        catalogue_dataset(dataset)


def test_times_that_cannot_be_read_are_named(dataset):
    with h5py.File(dataset, "r+") as file:
        del file["s_1_m_1/t_myr_camera_05"]
        times = file.create_dataset("s_1_m_1/t_myr_camera_05", data=np.arange(5), chunks=(5,), compression="gzip")
        times.id.write_direct_chunk((0,), b"\xff" * 9)
    with pytest.raises(ValueError, match=r"file: s_1_m_1/t_myr_camera_05 cannot be read"):
        catalogue_dataset(dataset)


def test_images_in_any_kind_of_storage_are_taken(dataset, tmp_path):
    """Beside or within the file, in chunks that reach beyond the images, in another file."""
    with h5py.File(dataset, "r+") as file:
        group = file["s_1_m_1"]
        images = group["images_camera_00"][:]
        for camera in range(4):
            del group[f"images_camera_{camera:02d}"]
        raw = [(str(tmp_path / "raw.bin"), 0, h5py.h5f.UNLIMITED)]
        group.create_dataset("images_camera_00", data=images, external=raw)
        group.create_dataset("images_camera_01", data=images, chunks=(2, 8, 8, 1), fletcher32=True)
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        space, kind = h5py.h5s.create_simple(images.shape), h5py.h5t.py_create(images.dtype)
        h5py.Dataset(h5py.h5d.create(group.id, b"images_camera_02", kind, space, compact))[:] = images
        h5py.h5d.create(group.id, b"images_camera_03", kind, space).write(h5py.h5s.ALL, h5py.h5s.ALL, images)
    assert catalogue_dataset(dataset).query("group == 's_1_m_1' and camera < 4")["crc32"].nunique() == 1


def test_what_is_damaged_is_not_opened(dataset):
    """A group that is a link to nothing, one twice, and cameras of which nothing can be read."""
    with h5py.File(dataset, "r+") as file:
        file.copy("s_1_m_1", "s_1.0_m_1")
        file["s_2_m_2"] = h5py.SoftLink("/nowhere")
        refer_to("gone.hdf5")(file)
        replace("s_1_m_1/images_camera_01", np.zeros((3, 3)))(file)
    catalogue = catalogue_dataset(dataset, ["s_1.0_m_1", "s_2_m_2", "s_1_m_1/00", "s_1_m_1/01"])
    assert catalogue["damaged"].sum() == 14 + 14 + 2
    assert catalogue.loc[catalogue["group"] == "s_2_m_2", "mass_ratio"].eq(2).all()
    with pytest.raises(ValueError, match=r"`damaged` names s_1_m_1/14, but .* holds only .* with cameras 00 to 13"):
        catalogue_dataset(dataset, ["s_1_m_1/14"])
    with pytest.raises(ValueError, match=r"`damaged` names all that .* holds"):
        catalogue_dataset(dataset, ["s_1.0_m_1", "s_2_m_2", "s_1_m_1", *(f"s_1.5_m_1/{n:02d}" for n in range(14))])


def test_many_violations_are_summed_up(dataset, capsys):
    with h5py.File(dataset, "r+") as file:
        for camera in range(12):
            del file[f"s_1_m_1/images_camera_{camera:02d}"]
    with pytest.raises(ValueError, match="; and 2 more, which the log names"):
        catalogue_dataset(dataset)
    assert [f"s_1_m_1/images_camera_{camera:02d} is missing" for camera in range(12)] == capsys.readouterr().out.split(
        "\n"
    )[:-1]


def test_all_violations_of_a_file_are_named_and_damaged_units_may_be_left_out(dataset):
    with h5py.File(dataset, "r+") as file:
        del file["s_1_m_1/images_camera_07"]
        file["s_1.5_m_1/images_camera_00"][1:3, 0, 0, 0] = np.nan
    with pytest.raises(ValueError) as error:
        catalogue_dataset(dataset, processes=2)
    for violation in (
        "s_1_m_1/images_camera_07 is missing",
        "s_1.5_m_1/images_camera_00[1] has values that are not numbers",
        "s_1.5_m_1/images_camera_00[2] has values that are not numbers",
    ):
        assert violation in str(error.value)
    catalogue = catalogue_dataset(dataset, ["s_1_m_1/07", "s_1.5_m_1"])
    assert catalogue.loc[catalogue["damaged"], "group"].value_counts().to_dict() == {"s_1.5_m_1": 14, "s_1_m_1": 1}
    with pytest.raises(ValueError, match=r"`damaged` names s_2_m_1/00, but"):
        catalogue_dataset(dataset, ["s_2_m_1/00"])


def test_bytes_that_use_only_zero_and_one_are_suspicious(dataset):
    with h5py.File(dataset, "r+") as file:
        bits = np.arange(5 * 8 * 8 * 3).reshape(5, 8, 8, 3) % 2
        replace("s_1_m_1/images_camera_00", bits.astype(np.uint8))(file)
        replace("s_1_m_1/images_camera_01", (255 * bits).astype(np.uint8))(file)
        replace("s_1_m_1/images_camera_02", bits[..., :1].astype(np.float32) / 2)(file)
    with pytest.raises(ValueError, match=r"images_camera_00 is of type uint8 but uses only 0 and 1 [^;]*$"):
        catalogue_dataset(dataset)


@given(
    st.sampled_from(["<f2", ">f2", "<f4", ">f4"]),
    st.lists(st.sampled_from([0.0, -0.0, 0.25, 1.0, 1.5, -2.0, np.nan, np.inf]), min_size=3, max_size=3),
    st.lists(st.sampled_from([0.0, 0.25, 1.0]), min_size=3, max_size=3),
)
def test_extremes_are_numpys(dtype, one, other):
    values = np.array([one, other], dtype)
    expected = np.stack([values.min(axis=1), values.max(axis=1)], axis=1)
    assert np.array_equal(smallest_and_largest(values), expected, equal_nan=True)


def test_extremes_of_integers():
    assert smallest_and_largest(np.array([[3, 255, 0], [7, 8, 9]], np.uint8)).tolist() == [[0, 255], [7, 9]]
