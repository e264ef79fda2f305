"""Image files of all formats, depths and colours, and files that are no images."""

import gzip
import os
import struct
import zlib

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from astropy.io import fits

from deepgalaxy.observed.listing import list_observed, readable_files
from deepgalaxy.observed.reading import read_header

DEEP = np.random.default_rng(1).integers(0, 65536, (20, 30, 3), np.uint16)
DEEP_GREY = DEEP.mean(axis=2)
LIGHT = np.random.default_rng(2).normal(size=(20, 30)).astype(np.float32)
SHALLOW = (DEEP >> 8).astype(np.uint8)


def load(path):
    header = read_header(path)
    pixels = header.load()
    assert pixels.dtype == np.float32 and pixels.shape == (header.height, header.width) == (20, 30)
    return pixels, header.linear


def write_fits(path, *parts):
    fits.HDUList([*parts]).writeto(path)


def write_gzip(path, pixels):
    fits.PrimaryHDU(pixels).writeto(path.with_suffix(".plain"))
    path.write_bytes(gzip.compress(path.with_suffix(".plain").read_bytes()))


TABLE = fits.BinTableHDU.from_columns([fits.Column("x", "E", array=np.arange(3.0))])
WRITERS = {
    "grey.png": lambda path: iio.imwrite(path, SHALLOW[:, :, 0]),
    "colour.png": lambda path: iio.imwrite(path, SHALLOW),
    "deep_grey.png": lambda path: iio.imwrite(path, DEEP[:, :, 0]),
    "deep.png": lambda path: cv2.imwrite(str(path), DEEP),
    "lzw.tif": lambda path: cv2.imwrite(str(path), SHALLOW[:, :, ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5]),
    "deep.tif": lambda path: tifffile.imwrite(path, DEEP, photometric="rgb"),
    "deep_lzw.tif": lambda path: cv2.imwrite(str(path), DEEP, [cv2.IMWRITE_TIFF_COMPRESSION, 5]),
    "planes.tif": lambda path: tifffile.imwrite(
        path, DEEP.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    ),
    "float.tiff": lambda path: tifffile.imwrite(path, LIGHT.astype(float), compression="zlib"),
    "light.fits": lambda path: write_fits(path, fits.PrimaryHDU(LIGHT[::-1])),
    "unsigned.fit": lambda path: write_fits(path, fits.PrimaryHDU(DEEP[::-1, :, 0])),
    "extensions.fits": lambda path: write_fits(path, fits.PrimaryHDU(), TABLE, fits.ImageHDU(LIGHT[None, ::-1])),
    "compressed.fits": lambda path: write_fits(
        path, fits.PrimaryHDU(), fits.CompImageHDU(DEEP[::-1, :, 0].astype(np.int32), compression_type="RICE_1")
    ),
    "cube.fits": lambda path: write_fits(path, fits.PrimaryHDU(DEEP.transpose(2, 0, 1)[:, ::-1])),
    "zipped.fits.gz": lambda path: write_gzip(path, LIGHT[::-1]),
}
EXPECTED = {
    "grey.png": (SHALLOW[:, :, 0], False),
    "colour.png": (SHALLOW.mean(axis=2), False),
    "lzw.tif": (SHALLOW.mean(axis=2), False),
    **dict.fromkeys(("deep_grey.png", "unsigned.fit", "compressed.fits"), (DEEP[:, :, 0], True)),
    **dict.fromkeys(("deep.png", "deep.tif", "deep_lzw.tif", "planes.tif", "cube.fits"), (DEEP_GREY, True)),
    **dict.fromkeys(("float.tiff", "light.fits", "extensions.fits", "zipped.fits.gz"), (LIGHT, True)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_images_of_all_kinds_become_grey(tmp_path, name):
    WRITERS[name](tmp_path / name)
    pixels, linear = load(tmp_path / name)
    expected, expected_linear = EXPECTED[name]
    np.testing.assert_allclose(pixels, expected, rtol=1e-5)
    assert linear == expected_linear


def test_a_jpeg_is_turned_as_the_camera_was_held(tmp_path):
    ramp = np.repeat(np.arange(0, 240, 12, dtype=np.uint8)[:, None], 30, axis=1)  # darker at the top
    iio.imwrite(tmp_path / "upright.jpg", ramp)
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"  # upside down
    jpeg = (tmp_path / "upright.jpg").read_bytes()
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "turned.jpg").write_bytes(jpeg[:2] + segment + jpeg[2:])
    upright, linear = load(tmp_path / "upright.jpg")
    np.testing.assert_allclose(upright, ramp, atol=3)
    np.testing.assert_array_equal(load(tmp_path / "turned.jpg")[0], upright[::-1, ::-1])
    assert not linear


def test_what_is_transparent_or_blank_has_no_value(tmp_path):
    opacity = np.broadcast_to(np.where(np.arange(30) < 15, 0, 255), (20, 30)).astype(np.uint8)
    iio.imwrite(tmp_path / "half.png", np.dstack([SHALLOW, opacity]))
    pixels, _ = load(tmp_path / "half.png")
    assert np.isnan(pixels[:, :15]).all()
    np.testing.assert_allclose(pixels[:, 15:], SHALLOW[:, 15:].mean(axis=2), rtol=1e-5)
    part = fits.PrimaryHDU(np.where(np.arange(30) < 15, -99, DEEP[:, :, 0].astype(np.int32)))
    part.header["BLANK"] = -99
    write_fits(tmp_path / "blank.fits", part)
    np.testing.assert_array_equal(np.isnan(load(tmp_path / "blank.fits")[0]), np.isnan(pixels))


def png_of(width, height):
    """A PNG file that says it is so large, with next to nothing in it."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_the_size_is_known_before_anything_is_decoded(tmp_path):
    (tmp_path / "large.png").write_bytes(png_of(9000, 9000))
    header = fits.PrimaryHDU(np.zeros((1, 1), np.float32)).header
    header["NAXIS1"], header["NAXIS2"] = 100_000, 200_000
    (tmp_path / "large.fits").write_bytes(header.tostring().encode())
    tifffile.imwrite(tmp_path / "large.tif", shape=(50_000, 60_000), dtype=np.uint16)  # a hole in the disk
    sizes = [(header.width, header.height) for header in map(read_header, sorted(tmp_path.glob("large.*")))]
    assert sizes == [(100_000, 200_000), (9000, 9000), (60_000, 50_000)]


@pytest.fixture
def broken(tmp_path):
    """A directory of files that are no images."""
    (tmp_path / "nothing.png").touch()
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "directory.fits").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "dangling.png").symlink_to("elsewhere.png")
    (tmp_path / "bomb.png").write_bytes(png_of(60_000, 60_000))
    (tmp_path / "junk.fits").write_bytes(b"SIMPLE  =                    T" + bytes(5000))
    (tmp_path / "zipped.fits.gz").write_bytes(gzip.compress(b"not an image"))
    write_fits(tmp_path / "table.fits", fits.PrimaryHDU(), TABLE)
    write_fits(tmp_path / "spectra.fits", fits.PrimaryHDU(np.zeros((7, 20, 30))))
    tifffile.imwrite(tmp_path / "complex.tif", np.zeros((20, 30), np.complex64))
    tifffile.imwrite(tmp_path / "inverted.tif", DEEP[:, :, 0], photometric="miniswhite")
    return tmp_path


SENTENCES = {
    "nothing.png": "The file is empty.",
    "text.jpg": "It is not a JPEG, PNG, TIFF or FITS file.",
    "directory.fits": "It is neither a file nor a link to one.",
    "loop.png": "It is neither a file nor a link to one.",
    "dangling.png": "It is neither a file nor a link to one.",
    "bomb.png": "It cannot be read as PNG: .*3600000000 pixels.* exceeds limit",
    "junk.fits": "It cannot be read as FITS: ",
    "zipped.fits.gz": "It cannot be read as FITS: ",
    "table.fits": "It cannot be read as FITS: it has no image with two axes or three colours",
    "spectra.fits": "It cannot be read as FITS: it has no image with two axes or three colours",
    "complex.tif": "It cannot be read as TIFF: more than 8 bits per channel are read from grey and RGB images only",
    "inverted.tif": "It cannot be read as TIFF: more than 8 bits per channel are read from grey and RGB images only",
}


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
def test_what_is_no_image_gets_a_sentence(broken):
    paths = list_observed(broken)
    assert paths == [str(broken / name) for name in sorted(SENTENCES)]
    for name, sentence in SENTENCES.items():
        with pytest.raises(ValueError, match=sentence):
            read_header(broken / name)
    unreadable = {str(broken / name) for name in ("directory.fits", "loop.png", "dangling.png")}
    assert set(readable_files(paths)) == set(paths) - unreadable


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize(
    "name", ["colour.png", "deep.png", "lzw.tif", "deep_lzw.tif", "float.tiff", "light.fits", "zipped.fits.gz"]
)
def test_what_was_cut_short_gets_a_sentence_and_no_half_image(tmp_path, name):
    WRITERS[name](tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match="It cannot be read as "):
        read_header(tmp_path / name).load()


def test_a_file_is_what_it_holds_not_what_it_is_called(tmp_path):
    WRITERS["light.fits"](tmp_path / "light.png")
    np.testing.assert_array_equal(load(tmp_path / "light.png")[0], LIGHT)


def test_names_of_images_in_a_directory(tmp_path):
    for name in ("b.PNG", "a.fits", "c.fits.gz", "d.Tiff", "notes.txt", ".hidden.jpg", "e.jpeg"):
        (tmp_path / name).touch()
    names = ["a.fits", "b.PNG", "c.fits.gz", "d.Tiff", "e.jpeg"]
    assert list_observed(tmp_path) == [str(tmp_path / name) for name in names]
    with pytest.raises(ValueError, match=r"^`observed: directory` is '.*nowhere', and there is no such directory"):
        list_observed(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"has no file that ends in \.jpg, \.jpeg"):
        list_observed(tmp_path / "empty")


@pytest.mark.parametrize("name", ["draft<1>.png", "{a}.png", "line\nbreak.png", os.fsdecode(b"latin-\xe9.png")])
def test_names_that_a_workflow_cannot_hand_on_are_refused(tmp_path, name):
    (tmp_path / "Größe 3, $x 'y' \"z\".png").touch()
    assert len(list_observed(tmp_path)) == 1
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"^Rename .* in "):
        list_observed(tmp_path)
