"""The file of a dater: the same bytes for the same dater, and one sentence for what is none."""

import io
import time
import zipfile

import numpy as np
import pytest

from deepgalaxy.dater.archive import DESCRIPTION, MEMBERS, array_bytes, read_archive, read_array, write_archive

CONTENT = {name: name.encode() * 20 for name in MEMBERS}


@pytest.fixture
def file(tmp_path):
    """A dater of nonsense."""
    write_archive(CONTENT, {"name": "nonsense"}, tmp_path / "dater.zip")
    return tmp_path / "dater.zip"


def rewritten(file, change):
    """Write a dater anew with other members, which ``change`` makes of those that there are."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in change(members).items():
            archive.writestr(name, content)
    return file


def test_what_is_written_is_read(file):
    members, description = read_archive(file)
    assert members == CONTENT and description["name"] == "nonsense"


def test_the_same_dater_has_the_same_bytes(file, tmp_path):
    time.sleep(2.1)  # a zip file keeps times of two seconds
    write_archive(dict(reversed(CONTENT.items())), {"name": "nonsense"}, tmp_path / "other.zip")
    assert (tmp_path / "other.zip").read_bytes() == file.read_bytes()


def test_a_member_that_is_missing_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"needs classes\.csv"):
        write_archive({name: b"" for name in MEMBERS if name != "classes.csv"}, {}, tmp_path / "dater.zip")


def without(name):
    return lambda members: {other: content for other, content in members.items() if other != name}


def described_as(text):
    return lambda members: members | {DESCRIPTION: text}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("features.npy"), r"is incomplete: it has no features\.npy"),
        (without(DESCRIPTION), r"is a zip file, but not a dater"),
        (lambda members: members | {"model.keras": b"other"}, r"is damaged: model\.keras is not what was packed"),
        (described_as('{"format": 7}'), "has the format 7, and this version of deepgalaxy reads 1"),
        (described_as("{}"), "names no format"),
        (described_as("[]"), "names no format"),
        (described_as("{"), "is not JSON"),
        (described_as(b"\xff"), "is damaged"),
        (described_as('{"format": 1}'), r"is damaged: dater\.json is not what was packed"),
        (
            lambda members: described_as(members[DESCRIPTION].replace(b"nonsense", b"nothing"))(members),
            r"dater\.json is not",
        ),
    ],
)
def test_a_foreign_or_damaged_zip_ends_in_a_sentence(file, change, words):
    with pytest.raises(ValueError, match=words) as refused:
        read_archive(rewritten(file, change))
    assert "\n" not in str(refused.value) and "dater.zip" in str(refused.value)


def test_damage_anywhere_is_found(file):
    whole = file.read_bytes()
    for place in range(0, len(whole), 97):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            members, description = read_archive(file)
        except ValueError as error:
            assert "\n" not in str(error)
        else:  # dates, attributes and versions of a zip file mean nothing here
            assert members == CONTENT and description["name"] == "nonsense"
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="is damaged, or no zip file"):
        read_archive(file)


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(ValueError, match="is not a file; a dater is what"):
        read_archive(tmp_path / "none.zip")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(ValueError, match="is damaged, or no zip file"):
        read_archive(tmp_path / "text.zip")


def test_members_that_want_to_lie_elsewhere_are_not_touched(file, tmp_path):
    rewritten(file, lambda members: members | {"../escaped": b"x"})
    assert read_archive(file)[0] == CONTENT and not (tmp_path.parent / "escaped").exists()


def test_arrays_have_no_pickles():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(read_array(array_bytes(array)), array)
    stream = io.BytesIO()
    np.save(stream, np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_array(stream.getvalue())
