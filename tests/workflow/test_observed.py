"""Images of a directory go through the finished chain, and what is no image does not stop them."""

import os

import h5py
import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from support.dry_run import planned
from support.runs import tiny_run

RUN = tiny_run()
TABLE, FIGURE = f"results/tables/observed/{RUN}.csv", f"results/figures/observed/{RUN}.png"
RULES = ["date_observed", "plot_observed"]
OBSERVED = {"observed": {"directory": "observed"}}
ODD = os.fsdecode(b"-<{a}>\n\xe9 9.41\xe2\x80\xafAM \\'\"$1.png")
ODD_AS_SHOWN = r"""-<{a}>\n\udce9 9.41\u202fAM \\'"$1.png"""
UNTIL = ("--until", "plot_observed")


@pytest.fixture(scope="module")
def observed(chain):
    """A directory with an image that was trained on, under two names, one of noise alone, and two files that are no
    images; the row of the first in the split table."""
    directory = chain / "observed"
    directory.mkdir()
    with h5py.File(chain / "results/samples/tiny/four_stages/train.hdf5") as file:
        shown, row = file["images"][3, :, :, 0], int(file["row"][3])
    iio.imwrite(directory / "Trained on, $1.png", shown)
    (directory / ODD).write_bytes((directory / "Trained on, $1.png").read_bytes())
    fits.PrimaryHDU(1000 + np.random.default_rng(1).normal(size=(60, 90))).writeto(directory / "sky.fits")
    (directory / "empty.jpg").touch()
    (directory / "loop.tif").symlink_to("loop.tif")
    return directory, row


@pytest.mark.usefixtures("chain")
def test_without_a_directory_nothing_of_it_runs(snakemake):
    assert not planned(snakemake("-n", "--forceall")) & set(RULES)


def test_observed_images_are_dated_and_the_rest_is_named(chain, with_settings, observed):
    _, row = observed
    result = with_settings(OBSERVED, *UNTIL)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "empty.jpg is not used. The file is empty." in result.stdout + result.stderr
    table = pd.read_csv(chain / TABLE).set_index("file")
    assert table["reason"].dropna().to_dict() == {
        "empty.jpg": "The file is empty.",
        "loop.tif": "It is neither a file nor a link to one.",
        "sky.fits": "Nothing in it stands out from its background.",
    }
    # An image that was trained on, as it was, is its own nearest neighbour, and no news.
    dated = table.loc["Trained on, $1.png"]
    assert dated["neighbour_1_row"] == row and dated["novelty"] < 1 and pd.isna(dated["warning"])
    assert 0 <= dated["low_myr"] < dated["expected_myr"] < dated["high_myr"] <= 300
    # But for the last bits, which on some processors depend on an image's place in its batch.
    pd.testing.assert_series_equal(table.loc[ODD_AS_SHOWN].drop("id"), dated.drop("id"), check_names=False, rtol=1e-5)
    times = pd.read_csv(chain / f"results/tables/observed_times/{RUN}.csv")
    assert times.groupby("file")["probability"].sum().to_dict() == pytest.approx(
        {"Trained on, $1.png": 1, ODD_AS_SHOWN: 1}
    )
    assert len(times) == 8
    assert iio.imread(chain / FIGURE).shape[1] == 1100
    assert planned(with_settings(OBSERVED, *UNTIL, "-n")) == set()


@pytest.mark.usefixtures("chain")
def test_a_change_in_the_directory_runs_all_of_it_and_nothing_else(with_settings, observed):
    directory, _ = observed
    assert with_settings(OBSERVED, *UNTIL).returncode == 0
    (directory / "further.png").write_text("no image")
    assert planned(with_settings(OBSERVED, *UNTIL, "-n")) == set(RULES)
    (directory / "further.png").unlink()
    assert planned(with_settings(OBSERVED, *UNTIL, "-n")) == set()
    os.utime(directory / ODD)
    assert planned(with_settings(OBSERVED, *UNTIL, "-n")) == set(RULES)
    assert with_settings(OBSERVED, *UNTIL).returncode == 0
    (directory / "empty.jpg").write_text("no longer")
    assert planned(with_settings(OBSERVED, *UNTIL, "-n")) == set(RULES)
    smaller = OBSERVED["observed"] | {"largest_megapixels": 1}
    assert planned(with_settings({"observed": smaller}, *UNTIL, "-n")) == set(RULES)


def test_a_directory_that_is_not_there_ends_in_a_sentence(with_settings):
    result = with_settings({"observed": {"directory": "nowhere"}}, "-n")
    shown = result.stdout + result.stderr
    assert result.returncode == 1 and "Traceback" not in shown
    assert "`observed: directory` is 'nowhere', and there is no such directory." in shown
