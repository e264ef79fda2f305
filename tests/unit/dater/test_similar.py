"""Similar images by a dater alone: the command ``deepgalaxy similar``."""

import imageio.v3 as iio
import numpy as np
import pandas as pd
import pytest

from deepgalaxy.dater.similar_command import main


@pytest.fixture
def similar(packed, tmp_path, monkeypatch, capsys):
    """A function that runs the command in a directory of images, an upright galaxy, the same turned, and a file that is
    none, and returns its exit status and what it said."""
    right = np.mgrid[:60, :60][1]
    image = np.rint(250 * np.exp(-np.abs(right - 20) / 5) * np.linspace(0.2, 1, 60)[:, None]).astype(np.uint8)
    (tmp_path / "images").mkdir()
    iio.imwrite(tmp_path / "images/a.png", image)
    iio.imwrite(tmp_path / "images/b.png", np.rot90(image)[:, ::-1])
    (tmp_path / "images/c.png").write_text("no image")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deepgalaxy.dater.similar.configure_tensorflow", lambda _: None)
    monkeypatch.setattr("deepgalaxy.dater.command_line.on_stop_signals", lambda _: None)

    def similar(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(packed.file), *arguments, "--processes=1"])
        return ended.value.code, capsys.readouterr()

    return similar


def test_similar_images_are_of_different_simulations_and_the_same_however_it_is_turned(similar):
    code, said = similar("images", "-o", "similar.csv")
    assert code == 0 and "similar images of 2 of 3: similar.csv" in said.err
    table = pd.read_csv("similar.csv").set_index("id")
    assert table.index.tolist() == ["a.png", "b.png", "c.png"]
    assert table["used"].tolist() == [True, True, False] and table["reason"].notna().tolist() == [False, False, True]
    found = table[[f"similar_{number}_group" for number in range(1, 6)]]
    assert found.loc["a.png"].nunique() == 5 and found.loc["c.png"].isna().all()
    # Not the same groups to the last: where the noise in its border is measured depends a little on how it is turned.
    distances = table[[f"similar_{number}_distance" for number in range(1, 6)]].astype(float)
    np.testing.assert_allclose(distances.loc["b.png"], distances.loc["a.png"], rtol=0.15)
    times = table.loc["a.png", [f"similar_{number}_target_myr" for number in range(1, 6)]].astype(float).dropna()
    assert table.loc["a.png", "spread_myr"] == pytest.approx(times.max() - times.min())
    assert distances.loc["a.png"].is_monotonic_increasing


def test_if_nothing_can_be_used_the_table_says_why(similar):
    code, _ = similar("images/c.png", "-o", "similar.csv")
    assert code == 1 and pd.read_csv("similar.csv")["reason"].notna().all()
    code, said = similar("images", "-o", "none/similar.csv")
    assert code == 1 and "there is no directory none" in said.err
