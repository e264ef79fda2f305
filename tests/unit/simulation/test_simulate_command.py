"""The command ``deepgalaxy simulate``: files of the published layout, and one sentence for what cannot be."""

import h5py
import pytest

from deepgalaxy.dataset.layout import describe_group, images_name, times_name
from deepgalaxy.simulation.command import main

SMALL = (
    *("--disc=60", "--bulge=30", "--halo=60", "--snapshots=3", "--every-myr=20", "--pixels=16", "--threads=1"),
    *("--longest-step-myr=4", "--softening-kpc=1", "--largest-energy-error=0.5"),
)


@pytest.fixture
def simulate(tmp_path, monkeypatch, capsys):
    """A function that runs the command in an empty directory, and returns its exit status and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deepgalaxy.simulation.command.on_stop_signals", lambda _: None)

    def simulate(*arguments):
        try:
            main([*arguments, *SMALL])
        except SystemExit as ended:
            return ended.code, capsys.readouterr()
        return 0, capsys.readouterr()

    return simulate


def test_a_merger_is_written_in_the_published_layout(simulate, tmp_path):
    code, said = simulate("--mass-ratio=0.5", "--size-ratio=0.8", "--seed=3", "-o", "a.hdf5")
    assert code == 0 and "s_0.8_m_0.5: a.hdf5" in said.err
    with h5py.File("a.hdf5") as file:
        assert list(file) == ["s_0.8_m_0.5"]
        group = file["s_0.8_m_0.5"]
        assert group[images_name(13)].shape == (3, 16, 16, 1) and group[times_name(0)][:].tolist() == [0, 20, 40]
        assert group.attrs["seed"] == 3 and group.attrs["half_width_kpc"] == 80
        assert not describe_group(file, "s_0.8_m_0.5")["isolated"]
    assert simulate("--mass-ratio=0.5", "--size-ratio=0.8", "--seed=3", "-o", "b.hdf5")[0] == 0
    assert (tmp_path / "a.hdf5").read_bytes() == (tmp_path / "b.hdf5").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hdf5", "b.hdf5"]


def test_so_is_a_lone_galaxy(simulate):
    assert simulate("--isolated", "-o", "a.hdf5")[0] == 0
    with h5py.File("a.hdf5") as file:
        assert list(file) == ["isolated_01"] and file["isolated_01"].attrs["isolated"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "no/a.hdf5"), "there is no directory no"),
        (("-o", "."), "is a directory"),
        (("--half-width-kpc=0.1", "-o", "a.hdf5"), "a field smaller than the softening"),
        (("--mass-ratio=0.123456789", "-o", "a.hdf5"), "would not hold the ratios"),
        (("--eccentricity=0.1", "--pericentre-kpc=0.5", "-o", "a.hdf5"), "from apocentre to pericentre"),
    ],
)
def test_what_cannot_be_simulated_ends_in_a_sentence(simulate, tmp_path, arguments, words):
    code, said = simulate(*arguments)
    assert code == 1 and words in said.err and "Traceback" not in said.err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--mass-ratio=0", "--seed=-1", "--pericentre-kpc=nan", "--snapshots=0"])
def test_options_are_checked(simulate, option):
    code, said = simulate(option, "-o", "a.hdf5")
    assert code == 2 and "deepgalaxy simulate: error: argument" in said.err
