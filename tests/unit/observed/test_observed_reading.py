"""Image files of all formats, depths and colours, and files that are no images."""

import bz2
import gzip
import io
import lzma
import os
import struct
import subprocess
import zlib
from pathlib import Path

import cv2
import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import ExifTags, Image

from deepgalaxy.observed.listing import digest_listing, inputs_of_a_rule, is_readable, list_observed, shown_name
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


def fits_bytes(pixels):
    content = io.BytesIO()
    fits.PrimaryHDU(pixels).writeto(content)
    return content.getvalue()


def write_segments(path, segments, pixels, tags, **layout):
    """A TIFF file of segments that are already compressed, in a way that tifffile could not write, as ``tags`` say."""
    layout = {"photometric": "minisblack", "rowsperstrip": 100, **layout}
    tifffile.imwrite(path, iter(segments), shape=pixels.shape, dtype=pixels.dtype, compression="zlib", **layout)
    with tifffile.TiffFile(path, mode="r+") as file:
        for tag, value in tags.items():
            file.pages.first.tags[tag].overwrite(value)


def write_lzw(path, pixels, **layout):
    """A TIFF file compressed by LZW, in the simplest way: the table is cleared before codes get longer than 9 bits."""
    planes = pixels if layout.get("planarconfig") == "separate" else [pixels]
    segments = []
    for plane in planes:
        content = plane.tobytes()
        codes = [code for start in range(0, len(content), 200) for code in (256, *content[start : start + 200])] + [257]
        bits = "".join(f"{code:09b}" for code in codes)
        segments.append(int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big"))
    write_segments(path, segments, pixels, {"Compression": 5}, **layout)


def write_float_predicted(path):
    """A TIFF file whose floats were split into bytes, and these into differences: predictor 3 of its standard."""
    parts = LIGHT.astype(">f4").view(np.uint8).reshape(20, 30, 4).transpose(0, 2, 1).reshape(20, 120)
    differences = np.diff(parts, axis=1, prepend=np.uint8(0))
    tags = {"SampleFormat": 3, "Predictor": 3}
    write_segments(path, [zlib.compress(differences.tobytes())], LIGHT.view(np.int32), tags, predictor=2)


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
    "packed.fits.fz": lambda path: write_fits(
        path, fits.PrimaryHDU(), fits.CompImageHDU(DEEP[::-1, :, 0].astype(np.int32), compression_type="RICE_1")
    ),
    "cube.fits": lambda path: write_fits(path, fits.PrimaryHDU(DEEP.transpose(2, 0, 1)[:, ::-1])),
    "colours_last.fits": lambda path: write_fits(path, fits.PrimaryHDU(DEEP[::-1])),
    "zipped.fits.gz": lambda path: path.write_bytes(gzip.compress(fits_bytes(LIGHT[::-1]))),
    "zipped.fit.bz2": lambda path: path.write_bytes(bz2.compress(fits_bytes(LIGHT[::-1]))),
    "zipped.fts.xz": lambda path: path.write_bytes(lzma.compress(fits_bytes(LIGHT[::-1]))),
    "signed.tif": lambda path: write_lzw(path, DEEP[:, :, 0].astype(np.int32) - 30_000),
    "double.tif": lambda path: write_lzw(path, LIGHT.astype(float)),
    "predicted.tif": write_float_predicted,
    "bytes.tif": lambda path: tifffile.imwrite(path, SHALLOW[:, :, 0].view(np.int8), photometric="minisblack"),
    "shallow_planes.tif": lambda path: write_lzw(
        path, SHALLOW.transpose(2, 0, 1), photometric="rgb", planarconfig="separate"
    ),
    "frames.png": lambda path: iio.imwrite(path, np.stack([SHALLOW, SHALLOW // 2]), extension=".png", plugin="pillow"),
    "pages.tif": lambda path: tifffile.imwrite(path, np.stack([DEEP, DEEP // 2]), photometric="rgb"),
}
EXPECTED = {
    "grey.png": (SHALLOW[:, :, 0], False),
    "colour.png": (SHALLOW.mean(axis=2), False),
    "lzw.tif": (SHALLOW.mean(axis=2), False),
    **dict.fromkeys(("deep_grey.png", "unsigned.fit", "packed.fits.fz"), (DEEP[:, :, 0], True)),
    **dict.fromkeys(("deep.png", "deep.tif", "deep_lzw.tif", "planes.tif", "cube.fits"), (DEEP_GREY, True)),
    **dict.fromkeys(("colours_last.fits", "pages.tif"), (DEEP_GREY, True)),
    **dict.fromkeys(("float.tiff", "light.fits", "extensions.fits"), (LIGHT, True)),
    **dict.fromkeys(
        ("zipped.fits.gz", "zipped.fit.bz2", "zipped.fts.xz", "double.tif", "predicted.tif"), (LIGHT, True)
    ),
    "signed.tif": (DEEP[:, :, 0] - 30_000.0, True),
    "bytes.tif": (SHALLOW[:, :, 0].view(np.int8), False),
    **dict.fromkeys(("shallow_planes.tif", "frames.png"), (SHALLOW.mean(axis=2), False)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_images_of_all_kinds_become_grey(tmp_path, name):
    WRITERS[name](tmp_path / name)
    pixels, linear = load(tmp_path / name)
    expected, expected_linear = EXPECTED[name]
    np.testing.assert_allclose(pixels, expected, rtol=1e-5)
    assert linear == expected_linear


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("write", [tifffile.imwrite, write_lzw])
@pytest.mark.parametrize("pixels", [DEEP[:, :, 0], SHALLOW[:, :, 0]])
def test_a_tiff_is_turned_as_the_camera_was_held(tmp_path, orientation, write, pixels):
    write(tmp_path / "turned.tif", pixels, photometric="minisblack", extratags=[(274, 3, 1, orientation, True)])
    header = read_header(tmp_path / "turned.tif")
    # As TIFF 6.0 says where the first row and the first column are to be seen.
    expected = {
        1: pixels,
        2: np.fliplr(pixels),
        3: np.rot90(pixels, 2),
        4: np.flipud(pixels),
        5: pixels.T,
        6: np.rot90(pixels, -1),
        7: np.rot90(pixels, 2).T,
        8: np.rot90(pixels),
    }[orientation]
    assert (header.height, header.width) == expected.shape
    np.testing.assert_array_equal(header.load(), expected)


@given(
    pixels=arrays(
        st.sampled_from([np.uint8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64]),
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4])),
        elements=st.integers(0, 127),
    ),
    compression=st.sampled_from([None, "zlib", "lzw"]),
    byteorder=st.sampled_from("<>"),
    bigtiff=st.booleans(),
)
@settings(deadline=None)
def test_a_tiff_file_comes_back_as_it_was_written(tmp_path_factory, pixels, compression, byteorder, bigtiff):
    path = tmp_path_factory.mktemp("tiff") / "image.tif"
    plane = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    layout = {"photometric": "minisblack"} if plane.ndim == 2 else {"photometric": "rgb"}
    if compression == "lzw":
        write_lzw(path, plane.astype(plane.dtype.newbyteorder(byteorder)), byteorder=byteorder, **layout)
    else:
        tifffile.imwrite(path, plane, compression=compression, byteorder=byteorder, bigtiff=bigtiff, **layout)
    expected = pixels[:, :, :3].mean(axis=2)
    if pixels.shape[2] == 4:
        expected[pixels[:, :, 3] == 0] = np.nan
    np.testing.assert_allclose(read_header(path).load(), expected, rtol=1e-6)


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


@pytest.mark.parametrize("name", ["sideways.jpg", "sideways.png", "sideways_deep.png"])
def test_width_and_height_are_those_of_the_turned_image(tmp_path, name):
    ramp = np.repeat(np.arange(0, 240, 12)[:, None], 30, axis=1).astype(np.uint16 if "deep" in name else np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(ramp).save(tmp_path / name, exif=exif)
    header = read_header(tmp_path / name)
    assert (header.width, header.height) == (20, 30)
    np.testing.assert_allclose(header.load(), np.rot90(ramp, -1), atol=3 if name.endswith("jpg") else 0)


def test_what_is_transparent_or_blank_has_no_value(tmp_path):
    opacity = np.broadcast_to(np.where(np.arange(30) < 15, 0, 255), (20, 30)).astype(np.uint8)
    iio.imwrite(tmp_path / "half.png", np.dstack([SHALLOW, opacity]))
    pixels, _ = load(tmp_path / "half.png")
    assert np.isnan(pixels[:, :15]).all()
    np.testing.assert_allclose(pixels[:, 15:], SHALLOW[:, 15:].mean(axis=2), rtol=1e-5)
    for name, grey, scale in (("deep.tif", DEEP[:, :, 0], np.uint16(257)), ("shallow.tif", SHALLOW[:, :, 0], 1)):
        with_opacity = np.dstack([grey, opacity * scale])
        layout = {"photometric": "minisblack", "planarconfig": "contig", "extrasamples": ["unassalpha"]}
        tifffile.imwrite(tmp_path / name, with_opacity, **layout)
        np.testing.assert_array_equal(load(tmp_path / name)[0], np.where(opacity == 0, np.nan, grey))
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
    (tmp_path / "large.png").write_bytes(png_of(60_000, 60_000))  # of which Pillow would warn, or which it would refuse
    header = fits.PrimaryHDU(np.zeros((1, 1), np.float32)).header
    header["NAXIS1"], header["NAXIS2"] = 100_000, 200_000
    (tmp_path / "large.fits").write_bytes(header.tostring().encode())
    tifffile.imwrite(tmp_path / "large.tif", shape=(50_000, 60_000), dtype=np.uint16)  # a hole in the disk
    sizes = [(header.width, header.height) for header in map(read_header, sorted(tmp_path.glob("large.*")))]
    assert sizes == [(100_000, 200_000), (60_000, 60_000), (60_000, 50_000)]


@pytest.fixture
def broken(tmp_path):
    """A directory of files that are no images."""
    (tmp_path / "nothing.png").touch()
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "directory.fits").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "dangling.png").symlink_to("elsewhere.png")
    (tmp_path / "junk.fits").write_bytes(b"SIMPLE  =                    T" + bytes(5000))
    (tmp_path / "zipped.fits.gz").write_bytes(gzip.compress(b"not an image"))
    (tmp_path / "endless.fits.gz").write_bytes(gzip.compress(b"SIMPLE  =                    T".ljust(2**23)))
    tifffile.imwrite(tmp_path / "stack.tif", SHALLOW[:3], photometric="minisblack", volumetric=True, tile=(16, 16, 16))
    tifffile.imwrite(tmp_path / "frames.tif", DEEP[:, :, :2], photometric="minisblack", planarconfig="contig")
    write_lzw(tmp_path / "lzw_planes.tif", DEEP.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    write_lzw(tmp_path / "lzw_half.tif", LIGHT.astype(np.float16))
    write_lzw(tmp_path / "lzw_opacity.tif", DEEP[:, :, :2], planarconfig="contig", extrasamples=["unassalpha"])
    write_segments(tmp_path / "zstd.tif", [b"?"], DEEP[:, :, 0], {"Compression": 50000})
    write_segments(tmp_path / "webp.tif", [b"?"], SHALLOW, {"Compression": 50001}, photometric="rgb")
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
    "junk.fits": "It cannot be read as FITS: ",
    "zipped.fits.gz": "It cannot be read as FITS: it is compressed by gzip, and what is in it is no FITS file",
    "endless.fits.gz": "It cannot be read as FITS: its header has no end",
    "stack.tif": "It cannot be read as TIFF: it is a stack of 3 images; save one of them",
    "frames.tif": "It cannot be read as TIFF: it has 2 channels, and does not say that the last one is opacity",
    "lzw_planes.tif": "its pixels are 16 bits for each of 3 channels in separate planes, with compression LZW",
    "lzw_half.tif": "its pixels are 16 bits, with compression LZW, which is not read here; save it uncompressed",
    "lzw_opacity.tif": "its pixels are 16 bits for each of 2 channels side by side, with compression LZW",
    "zstd.tif": "its pixels are 16 bits, with compression ZSTD, which is not read here",
    "webp.tif": "its pixels are 8 bits for each of 3 channels side by side, with compression WEBP, which is not read",
    "table.fits": "It cannot be read as FITS: it has no image with two axes or three colours$",
    "spectra.fits": "it has no image with two axes or three colours: what it has is 7 × 20 × 30$",
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
    assert {path for path in paths if not is_readable(path)} == unreadable


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


DAMAGES = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("suffix", DAMAGES)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@settings(deadline=None, max_examples=30)
def test_a_compressed_file_that_was_changed_anywhere_is_refused_or_the_same(tmp_path_factory, suffix, place, change):
    noise = np.random.default_rng(1).integers(0, 256, 40_000, np.uint8)  # behind the image, which is read before it
    content = bytearray(DAMAGES[suffix](fits_bytes(LIGHT) + noise.tobytes()))
    content[int(place * len(content))] ^= change
    path = tmp_path_factory.mktemp("damaged") / f"image.fits.{suffix}"
    path.write_bytes(content)
    try:
        pixels = read_header(path).load()
    except ValueError:
        return
    # Names and times in the header of gzip may change; its content may not.
    np.testing.assert_array_equal(pixels, LIGHT[::-1])
    assert suffix != "gz" or subprocess.run(["gzip", "-t", path], capture_output=True).returncode == 0


def test_names_of_images_in_a_directory(tmp_path):
    names = ["a.fits", "a.png", "b.PNG", "c.FITS.gz", "d.Tiff", "e.jpeg"]
    names += [f"f.{name}.{how}" for name in ("fit", "fits", "fts") for how in ("bz2", "fz", "gz", "xz")]
    for name in (*names, "notes.txt", ".hidden.jpg", "g.gz"):
        (tmp_path / name).touch()
    assert list_observed(tmp_path) == [str(tmp_path / name) for name in names]
    with pytest.raises(ValueError, match=r"^`observed: directory` is '.*nowhere', and there is no such directory"):
        list_observed(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"has no file that ends in \.jpg, \.jpeg"):
        list_observed(tmp_path / "empty")


NAMES = {
    "Größe 3, $x 'y' \"z\".png": "Größe 3, $x 'y' \"z\".png",
    "draft<1> {a}.png": "draft<1> {a}.png",
    "-n.png": "-n.png",
    "Screenshot 9.41\u202fAM.png": r"Screenshot 9.41\u202fAM.png",
    "line\nbreak.png": r"line\nbreak.png",
    r"line\nbreak.png": r"line\\nbreak.png",
    os.fsdecode(b"latin-\xe9.png"): r"latin-\udce9.png",
}


def test_names_may_have_any_character_and_are_shown_in_ones_that_can_be_written(tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    paths = list_observed(tmp_path)
    assert {Path(path).name for path in paths} == set(NAMES)
    assert {Path(path).name: shown_name(path) for path in paths} == NAMES
    assert {Path(path).name for path in inputs_of_a_rule(paths)} == {
        "-n.png",
        "Größe 3, $x 'y' \"z\".png",
        r"line\nbreak.png",
    }
    assert not inputs_of_a_rule([str(tmp_path / "nowhere.png")])


@given(st.sets(st.text(), min_size=2))
def test_different_names_are_shown_differently(names):
    shown = {shown_name(f"x{name.replace('/', '')}") for name in names}
    assert len(shown) == len({name.replace("/", "") for name in names})
    assert all(name.isprintable() for name in shown)


def test_the_digest_of_a_directory_changes_with_its_files(tmp_path):
    def digest():
        return digest_listing(list_observed(tmp_path))

    (tmp_path / "a.png").write_text("one")
    (tmp_path / "dangling.png").symlink_to("elsewhere")
    before = digest()
    assert digest() == before
    (tmp_path / os.fsdecode(b"\xe9.png")).touch()
    assert digest() != before
    (tmp_path / os.fsdecode(b"\xe9.png")).unlink()
    assert digest() == before
    status = (tmp_path / "a.png").stat()
    (tmp_path / "a.png").write_text("longer")
    os.utime(tmp_path / "a.png", ns=(status.st_atime_ns, status.st_mtime_ns))
    longer = digest()
    assert longer != before
    os.utime(tmp_path / "a.png", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert digest() != longer


@pytest.mark.parametrize("photometric", ["rgb", "minisblack"])
@pytest.mark.parametrize("planarconfig", ["contig", "separate"])
def test_a_further_channel_that_is_no_opacity_is_none(tmp_path, photometric, planarconfig):
    """Such as infrared, which is 0 in many pixels that have light."""
    bands = np.dstack([DEEP, np.where(DEEP_GREY > 30000, DEEP[:, :, 0], 0).astype(np.uint16)])
    written = bands if planarconfig == "contig" else np.moveaxis(bands, 2, 0)
    extra = ["unspecified"] * (1 if photometric == "rgb" else 3)
    path = tmp_path / "bands.tif"
    tifffile.imwrite(path, written, photometric=photometric, planarconfig=planarconfig, extrasamples=extra)
    if photometric == "rgb":
        np.testing.assert_allclose(load(path)[0], DEEP_GREY, rtol=1e-6)
    else:
        with pytest.raises(ValueError, match="it has 4 channels, and does not say that the last one is opacity"):
            read_header(path)


@pytest.mark.parametrize("dtype", ["f8", "i4", "i8"])
def test_light_above_a_level_that_float32_would_round_is_kept(tmp_path, dtype):
    """Numbers of counts above 10⁹, whose neighbours in float32 are 64 apart."""
    light = np.round(LIGHT.astype(float) * 30)
    (tmp_path / "x.fits").write_bytes(fits_bytes((light + 10**9).astype(dtype)))
    tifffile.imwrite(tmp_path / "x.tif", (light + 10**9).astype(dtype), photometric="minisblack")
    np.testing.assert_array_equal(load(tmp_path / "x.fits")[0], (light - light.min())[::-1])
    np.testing.assert_array_equal(load(tmp_path / "x.tif")[0], light - light.min())


@pytest.mark.parametrize("packed", [False, True])
def test_a_fits_file_whose_checksum_differs_or_that_is_cut_short_says_so(tmp_path, packed):
    part = fits.CompImageHDU(LIGHT) if packed else fits.PrimaryHDU(LIGHT)
    path = tmp_path / "x.fits"
    fits.HDUList([fits.PrimaryHDU(), part] if packed else [part]).writeto(path, checksum=True)
    load(path)
    with fits.open(path, disable_image_compression=True) as file:
        place = file[-1].fileinfo()["datLoc"]
    content = bytearray(path.read_bytes())
    content[place + 340] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="pixels are damaged: they are not those of its DATASUM"):
        read_header(path).load()
    fits.HDUList([fits.PrimaryHDU(), part] if packed else [part]).writeto(path, overwrite=True)
    path.write_bytes(path.read_bytes()[: 100 - 2880])
    with pytest.raises(ValueError, match="cannot be read as FITS: the file has been cut short"):
        read_header(path).load()
