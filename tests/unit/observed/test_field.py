"""Fields that are cut out by pixel scale and position: what lies where, by coordinates worked out by hand."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from astropy.cosmology import Planck18
from astropy.io import fits
from astropy.wcs import WCS

from deepgalaxy.observed.field import (
    ASSUMED,
    FROM_CATALOGUE,
    FROM_HEADER,
    Field,
    find_field,
    light_in_field,
    share_in_image,
)
from deepgalaxy.observed.observation import Observation, read_catalogue
from deepgalaxy.observed.preparing import Frame, prepare_observation
from deepgalaxy.observed.reading import read_header

PIXELS, HALF_WIDTH_KPC = 32, 40.0
HEIGHT, WIDTH = 300, 400
ARCSEC = 0.5  # per pixel
REDSHIFT = 0.05
FRAME = Frame(PIXELS, "uint8", "square", HALF_WIDTH_KPC, 0.7)


def world(turn_deg=30.0):
    """Coordinates of an image that is turned, and north of the equator, where right ascensions are narrow."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = (150.0, 50.0), (WIDTH / 2 + 0.5, HEIGHT / 2 + 0.5)
    cosine, sine = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    wcs.wcs.cd = ARCSEC / 3600 * np.array([[-cosine, sine], [sine, cosine]])
    return wcs


def blob(row, column, shape=(HEIGHT, WIDTH), width=4.0):
    down, right = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.exp(-((down - row) ** 2 + (right - column) ** 2) / (2 * width**2)).astype(np.float32)


def place(light):
    """The centre of light, in pixels down and right from the upper left corner."""
    down, right = np.mgrid[: len(light), : len(light)] + 0.5
    return (down * light).sum() / light.sum(), (right * light).sum() / light.sum()


def write(path, image, wcs=None):
    """Write an image of which row 0 is at the top."""
    header = wcs.to_header() if wcs else None
    fits.PrimaryHDU(image[::-1].astype(np.float32), header).writeto(path)
    return path


def test_a_source_lies_where_its_distance_in_kpc_puts_it(tmp_path):
    centre = SkyCoord(150 * units.deg, 50 * units.deg).directional_offset_by(70 * units.deg, 20 * units.arcsec)
    kpc_per_arcsec = 1 / Planck18.arcsec_per_kpc_proper(REDSHIFT).value
    # A source 20 kpc to the east and one 30 kpc to the north of a merger that is not in the middle of the image.
    offsets = {"east": (90, 20.0), "north": (0, 30.0)}
    image = np.random.default_rng(1).normal(0, 1e-3, (HEIGHT, WIDTH))
    for angle, kpc in offsets.values():
        there = centre.directional_offset_by(angle * units.deg, kpc / kpc_per_arcsec * units.arcsec)
        right, up = world().world_to_pixel(there)
        image += blob(HEIGHT - 0.5 - up, right + 0.5)
    file = write(tmp_path / "a.fits", image, world())
    observation = Observation(str(file), "a", centre.ra.deg, centre.dec.deg, kpc_per_arcsec=kpc_per_arcsec)
    field, source = find_field(read_header(file), observation, HALF_WIDTH_KPC)
    assert source == FROM_HEADER
    assert 2 * field.half[0] == pytest.approx(2 * HALF_WIDTH_KPC / kpc_per_arcsec / ARCSEC, rel=1e-4)
    light = light_in_field(read_header(file).load(), field, PIXELS)
    per_kpc, middle = PIXELS / (2 * HALF_WIDTH_KPC), PIXELS / 2
    found = []
    for angle, kpc in offsets.values():
        # East is 90° counterclockwise from north, which is turned in the image.
        x, y = -np.sin(np.radians(angle)) * kpc, np.cos(np.radians(angle)) * kpc
        turned = np.linalg.solve(world().wcs.cd / (ARCSEC / 3600), [-x, y])
        expected = middle - turned[1] * per_kpc, middle + turned[0] * per_kpc
        down, right = np.mgrid[:PIXELS, :PIXELS] + 0.5
        near = np.where(np.hypot(down - expected[0], right - expected[1]) < 4, light, 0)
        found.append((place(near), expected))
    for seen, expected in found:
        np.testing.assert_allclose(seen, expected, atol=0.1)


@pytest.mark.parametrize(("scale", "half"), [(0.5, 80.0), (2.0, 20.0), (10.0, 4.0)])
def test_a_field_of_any_scale_keeps_place_and_proportions(tmp_path, scale, half):
    """The last is of fewer pixels than the result."""
    row, column = 150 + 0.3 * half, 200 - 0.5 * half
    file = write(tmp_path / "a.fits", blob(row, column, width=half / 8))
    field, source = find_field(read_header(file), Observation(str(file), "a", kpc_per_pixel=scale), HALF_WIDTH_KPC)
    assert source == FROM_CATALOGUE and field == Field((150, 200), (half, half))
    light = light_in_field(read_header(file).load(), field, PIXELS)
    np.testing.assert_allclose(place(light), (PIXELS * 0.65, PIXELS * 0.25), atol=0.15)
    # Light is kept: its sum is that of the source, but for what noise would hide.
    assert light.sum() * (2 * half / PIXELS) ** 2 == pytest.approx(2 * np.pi * (half / 8) ** 2, rel=0.1)


def test_what_lies_outside_the_image_is_sky():
    image = np.random.default_rng(1).normal(10, 0.01, (60, 60)).astype(np.float32) + 5 * blob(30, 5, (60, 60), 3)
    field = Field((30, 5), (20, 20))
    light = light_in_field(image, field, 16)
    assert (light[:, :5] == 0).all() and light[7:9, 7:9].min() > 1 and np.isfinite(light).all()
    assert share_in_image(field, 60, 60) == pytest.approx(25 / 40)
    with pytest.raises(ValueError, match="no data"):
        light_in_field(image, Field((30, -50), (20, 20)), 16)


def test_what_a_file_does_not_say_is_assumed_or_an_error(tmp_path):
    bare, known = write(tmp_path / "bare.fits", blob(150, 200)), write(tmp_path / "known.fits", blob(150, 200), world())
    assert find_field(read_header(bare), Observation("", "a"), HALF_WIDTH_KPC) == (None, ASSUMED)
    assert find_field(read_header(known), Observation("", "a"), HALF_WIDTH_KPC) == (
        None,
        ASSUMED,
    )  # its distance is unknown
    assert find_field(read_header(bare), Observation("", "a", kpc_per_arcsec=1.0), HALF_WIDTH_KPC) == (None, ASSUMED)
    assert find_field(read_header(bare), Observation("", "a", kpc_per_pixel=1.0), None) == (None, ASSUMED)
    placed = Observation("", "a", 150.0, 50.0, kpc_per_pixel=1.0)
    with pytest.raises(ValueError, match=r"no celestial coordinates \(WCS\)"):
        find_field(read_header(bare), placed, HALF_WIDTH_KPC)
    with pytest.raises(ValueError, match="does not know how large its field is"):
        find_field(read_header(known), placed, None)
    with pytest.raises(ValueError, match="150, 51 of the catalogue lies outside the image"):
        find_field(read_header(known), Observation("", "a", 150.0, 51.0, kpc_per_pixel=1.0), HALF_WIDTH_KPC)


def test_a_header_with_broken_coordinates_has_none(tmp_path):
    file = tmp_path / "a.fits"
    header = fits.Header({"CTYPE1": "RA---XYZ", "CTYPE2": "DEC--TAN", "CDELT1": 0.0})
    fits.PrimaryHDU(blob(150, 200), header).writeto(file)
    assert read_header(file).world() is None


@pytest.mark.parametrize(
    ("scale", "words"), [(20.0, "is 4.0 pixels across in it"), (0.005, "which is too little of it. Is the scale right")]
)
def test_a_scale_that_cannot_be_is_a_reason(tmp_path, scale, words):
    file = write(tmp_path / "a.fits", blob(150, 200))
    row, image = prepare_observation(Observation(str(file), "a", kpc_per_pixel=scale), FRAME, 1.0)
    assert image is None and not row["used"] and words in row["reason"]


def test_images_are_cut_to_a_disc_where_those_of_the_model_are(tmp_path):
    file = write(tmp_path / "a.fits", blob(150, 200, width=10) + blob(150 - 76, 200 - 76))
    observation = Observation(str(file), "a", kpc_per_pixel=0.5)
    corners = []
    for shape in ("square", "disc"):
        row, image = prepare_observation(observation, Frame(PIXELS, "uint8", shape, HALF_WIDTH_KPC, 0.7), 1.0)
        assert row["used"] and row["kpc_per_pixel"] == 0.5 and row["share_in_image"] == 1
        corners.append(int(image[0, 0]))
    assert corners[0] > 0 and corners[1] == 0


def catalogue(tmp_path, text):
    (tmp_path / "cat.csv").write_text(text)
    return read_catalogue(tmp_path / "cat.csv")


def test_a_catalogue_says_where_and_how_far(tmp_path):
    first, second, third = catalogue(
        tmp_path, "id, file,ra,dec,redshift\nA,a.fits,150.5,-2,0.03\nB,a.fits,,,0.1\n C ,sub/b.png,,,\n"
    )
    assert (first.id, first.path, first.ra, first.dec) == ("A", str(tmp_path / "a.fits"), 150.5, -2)
    assert first.kpc_per_arcsec == pytest.approx(1 / Planck18.arcsec_per_kpc_proper(0.03).value)
    assert second.ra is None and second.kpc_per_arcsec > first.kpc_per_arcsec
    assert third == Observation(str(tmp_path / "sub/b.png"), "C")


def test_without_an_id_a_row_is_called_what_its_file_is(tmp_path):
    (observation,) = catalogue(tmp_path, "file,kpc_per_pixel\n../up/a\\b.png,0.4\n")
    # A path is a path, wherever it leads.
    assert observation == Observation(str(tmp_path / "../up/a\\b.png"), r"a\\b.png", kpc_per_pixel=0.4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\na.png\n", "no column `file`"),
        ("file,id\na.png,a,b\n", "more values in a row than columns"),
        ("file,colour\na.png,red\n", "a column 'colour', which means nothing here"),
        ("file,redshift,kpc_per_pixel\na.png,0.1,\n", "both redshift and kpc_per_pixel"),
        ("file,ra,redshift\na.png,10,0.1\n", "one of ra and dec"),
        ("file,ra,dec\na.png,10,10\n", "neither redshift nor kpc_per_pixel"),
        ("file,file \na.png,b.png\n", "two columns `file`"),
        ("file\n", "has no rows"),
        ("", "cannot be read as CSV"),
        ("file,id\na.png,1\nb.png,1\n", "row 2 the same id as a row before"),
        ("file\nd/a.png\ne/a.png\n", "row 2 the same id as a row before; give each row an `id`"),
        ("file,id\na.png,\n", "row 1 no id"),
        ("file,id\n,1\n", "row 1 no file"),
        ("file,redshift\na.png,0.1\nb.png,0\n", "row 2 a redshift outside 0 to 20"),
        ("file,redshift\na.png,-0.1\n", "row 1 a redshift outside"),
        ("file,redshift\na.png,1e3\n", "row 1 a redshift outside"),
        ("file,redshift\na.png,near\n", "row 1 a redshift that is no number"),
        ("file,redshift\na.png,inf\n", "row 1 a redshift that is no number"),
        ("file,kpc_per_pixel\na.png,0\n", "row 1 a kpc_per_pixel that is not above 0"),
        ("file,ra,dec,redshift\na.png,361,0,0.1\n", "row 1 an ra outside 0 to 360"),
        ("file,ra,dec,redshift\na.png,36,-91,0.1\n", "row 1 a dec outside -90 to 90"),
        ("file,ra,dec,redshift\na.png,36,,0.1\n", "row 1 one of ra and dec"),
        ("file,ra,dec,redshift\na.png,36,2,\n", "row 1 a place, and neither redshift"),
    ],
)
def test_a_catalogue_that_cannot_be_meant_ends_in_a_sentence(tmp_path, text, words):
    with pytest.raises(ValueError, match=r"^The catalogue .*cat\.csv ") as refused:
        catalogue(tmp_path, text)
    assert words in str(refused.value)
