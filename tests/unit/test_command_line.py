"""The command ``deepgalaxy``: what it refuses, and with which words."""

import h5py
import numpy as np
import pytest

from deepgalaxy.__main__ import main
from deepgalaxy.training.command import parse
from deepgalaxy.training.data.prepared import PreparedData
from deepgalaxy.training.options import TrainingOptions
from deepgalaxy.training.run import refuse_impossible

NEEDED = (
    "--train=t",
    "--validation=v",
    "--classes=c",
    "--output=o",
    "--architecture=reference_cnn",
    "--epochs=1",
    "--batch-size=4",
)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["--help"]])
def test_commands_are_listed(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == (0 if arguments == ["--help"] else 2)
    assert "train" in said.out + said.err and "verify" in said.out + said.err
    assert ("there is no command 'nonsense'" in said.err) == (arguments == ["nonsense"])


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--threads=-1", "-1 is not at least 1"),
        ("--workers=0", "0 is not at least 1"),
        ("--seed=-1", "-1 is not at least 0"),
        ("--memory-budget-mib=-1", "-1 is not at least 0"),
        ("--gpu-memory-mib=-4", "-4 is not at least 0"),
        ("--checkpoint-minutes=nan", "nan is not a finite number"),
        ("--stall-minutes=-1", "-1 is not above 0"),
        ("--learning-rate=inf", "inf is not a finite number"),
        ("--optimizer-parameters=[1]", "[1] is not a dictionary in JSON"),
        ("--epochs=ten", "invalid int value: 'ten'"),
    ],
)
def test_options_of_training_are_checked_before_anything_is_imported(option, words, capsys):
    with pytest.raises(SystemExit) as ended:
        parse([*NEEDED, option])
    assert ended.value.code == 2 and words in capsys.readouterr().err


def test_files_that_cannot_be_trained_on_are_named(tmp_path):
    good, bare, text, classes = (tmp_path / name for name in ("good.hdf5", "bare.hdf5", "text.hdf5", "classes.csv"))
    for path, names in ((good, ("images", "label")), (bare, ("images",))):
        with h5py.File(path, "w") as file:
            for name in names:
                file[name] = np.zeros((2, 4, 4, 1) if name == "images" else 2, np.uint8)
    text.write_text("no HDF5")
    classes.write_text("label\n0\n1\n")
    times = tmp_path / "times.csv"
    times.write_text("id,expected_myr\na.png,100\n")
    assert PreparedData.read(good, good, classes).classes == 2
    PreparedData.read(good, good, classes).check(workers=2)
    for files, words in (
        ((text, good, classes), "text.hdf5 is not a prepared file"),
        ((good, bare, classes), "bare.hdf5 is not a prepared file"),
        ((tmp_path / "none.hdf5", good, classes), "none.hdf5, a prepared file to train on, is not a file"),
        ((good, good, tmp_path), "the table of the classes, is not a file"),
        ((good, good, times), "times.csv is no table of classes"),
    ):
        with pytest.raises(ValueError, match=words):
            PreparedData.read(*files)


@pytest.fixture
def prepared(tmp_path):
    """A function that returns what is known of two prepared images with these classes, the text of their table."""
    with h5py.File(tmp_path / "images.hdf5", "w") as file:
        file["images"], file["label"] = np.zeros((2, 4, 4, 1), np.uint8), np.zeros(2)

    def prepared(classes):
        (tmp_path / "classes.csv").write_text(classes)
        return PreparedData.read(tmp_path / "images.hdf5", tmp_path / "images.hdf5", tmp_path / "classes.csv")

    return prepared


CAMERAS = "label,name,ordered,camera\n0,a,False,2\n1,b,False,{}\n"


@pytest.mark.parametrize(
    ("options", "classes", "workers", "words"),
    [
        (
            {"head": "ordinal"},
            "label,name,ordered\n0,early,True\n1,no merger,False\n",
            1,
            "in order of time, .*isolated",
        ),
        ({"mirror": True}, CAMERAS.format(12), 1, "such as 02 and 12, and each has classes of its own"),
        ({"xla": True, "synchronised_batch_norm": True}, "label\n0\n1\n", 2, "do not go together on several workers"),
    ],
)
def test_training_refuses_what_cannot_go_together(prepared, options, classes, workers, words):
    with pytest.raises(ValueError, match=words):
        refuse_impossible(TrainingOptions("ResNet50", 1, 1, **options), prepared(classes), workers)


@pytest.mark.parametrize(
    ("options", "classes"),
    [
        ({"head": "ordinal"}, "label,name,ordered\n0,early,True\n1,late,True\n"),
        ({"head": "ordinal", "mirror": True}, "label\n0\n1\n"),
        ({"mirror": True}, CAMERAS.format(13)),
        ({"turn": "quarter"}, CAMERAS.format(12)),
        ({"xla": True, "synchronised_batch_norm": True}, "label\n0\n1\n"),
    ],
)
def test_training_takes_what_goes_together(prepared, options, classes):
    refuse_impossible(TrainingOptions("ResNet50", 1, 1, **options), prepared(classes), workers=1)


def test_verify_says_which_files_are_as_they_were_accepted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def verify(*files):
        with pytest.raises(SystemExit) as ended:
            main(["verify", *files, "--checksums", "sums.txt"])
        return ended.value.code, capsys.readouterr()

    (tmp_path / "a").write_text("abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert "a was never accepted: sums.txt does not say what its SHA-256 should be" in verify("a")[1].err
    (tmp_path / "sums.txt").write_text(f"{digest}  a\n{digest}  b\n")
    assert verify("a")[0] == 0 and verify("./a")[0] == 0
    code, said = verify("a", "b", ".")
    assert code == 1 and "b is not a file" in said.err and ". is not a file" in said.err and "a: " in said.out
    (tmp_path / "a").write_text("abd")
    assert verify("a")[0] == 1
